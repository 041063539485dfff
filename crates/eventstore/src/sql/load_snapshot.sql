select aggregate_type, aggregate_id, sequence, format, state
  from daftar.snapshots
 where book_id = $1 and aggregate_type = $2 and aggregate_id = $3 and format = $4
