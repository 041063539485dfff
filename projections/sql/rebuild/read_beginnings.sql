-- What many streams begin with, up to a position. The lateral keeps it one index scan a stream.
select e.book_id, e.position, e.aggregate_type, e.aggregate_id, e.sequence, e.event_id, e.event_type,
       e.event_version, e.payload, e.metadata, e.recorded_at, e.effective_at, e.command_id, e.hash
  from unnest($2::text[], $3::text[]) as s (aggregate_type, aggregate_id)
 cross join lateral (
       select *
         from daftar.events
        where book_id = $1
          and aggregate_type = s.aggregate_type
          and aggregate_id = s.aggregate_id
          and position <= $4
        order by sequence
        limit $5
       ) as e
