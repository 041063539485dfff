select book_id, position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version,
       payload, metadata, recorded_at, effective_at, command_id, hash
  from daftar.events
 where book_id = $1 and position > $2 and position <= $3
   and aggregate_type || '.' || event_type = any($4)
 order by position
 limit $5
