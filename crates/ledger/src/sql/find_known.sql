-- What was asked under these ids before: a command's id is no operation's, and the other way round.
-- A fingerprint says of which of the two it is. The laterals keep it one look into an index an id; a plain
-- list may be planned, on a table that was small then, as a scan of the whole book.
select c.command_id, c.revision, c.fingerprint, c.status, c.resource, c.version, c.position, c.reply,
       c.recorded_at
  from unnest($2::uuid[]) as asked (id)
 cross join lateral (
       select *
         from commands as c
        where c.book_id = $1 and c.command_id = asked.id
        limit 1) as c
 union all
select o.operation_id, 0::bigint, o.fingerprint, o.status, o.resource, o.version, o.position, null::json,
       o.recorded_at
  from unnest($2::uuid[]) as asked (id)
 cross join lateral (
       select *
         from operations as o
        where o.book_id = $1 and o.operation_id = asked.id
        limit 1) as o
