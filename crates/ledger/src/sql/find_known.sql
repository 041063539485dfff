-- What was asked under these ids before: a command's id is no operation's, and the other way round.
-- A fingerprint says of which of the two it is.
select command_id, revision, fingerprint, status, resource, version, position, reply, recorded_at
  from commands
 where book_id = $1 and command_id = any ($2)
 union all
select operation_id, 0::bigint, fingerprint, status, resource, version, position, null::json,
       recorded_at
  from operations
 where book_id = $1 and operation_id = any ($2)
