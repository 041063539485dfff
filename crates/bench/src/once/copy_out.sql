copy (
  select position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version, payload,
         metadata, recorded_at, effective_at, command_id, hash
    from daftar.events
   where book_id = {book}
   order by position
) to stdout (format binary)
