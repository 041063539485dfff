-- Of decisions that did not make the event at their position, those whose stream never had the version
-- that they name, up to there. What the others made is compared with their events.
select c.command_id
  from unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
       as c (command_id, aggregate_type, aggregate_id, version, position)
 where not exists (select
                     from daftar.events as e
                    where e.book_id = $1
                      and e.aggregate_type = c.aggregate_type
                      and e.aggregate_id = c.aggregate_id
                      and e.sequence = c.version
                      and e.position <= c.position)
   and not exists (select
                     from daftar.events as e
                    where e.book_id = $1
                      and e.position = c.position
                      and e.command_id = c.command_id)
