select t.aggregate_type, t.aggregate_id, t.sequence, t.format, t.state
  from unnest($2::text[], $3::text[]) as s (aggregate_type, aggregate_id)
  join daftar.snapshots as t
    on t.book_id = $1
   and t.aggregate_type = s.aggregate_type
   and t.aggregate_id = s.aggregate_id
