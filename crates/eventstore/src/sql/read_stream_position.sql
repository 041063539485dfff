select position
  from daftar.events
 where book_id = $1 and aggregate_type = $2 and aggregate_id = $3 and sequence = $4
