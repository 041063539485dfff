select book_id, position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version,
       payload, metadata, recorded_at, effective_at, command_id, hash
  from daftar.events
 where book_id = $1
   and aggregate_type = $2
   and aggregate_id = $3
   and sequence > $4
 order by sequence
 limit $5
