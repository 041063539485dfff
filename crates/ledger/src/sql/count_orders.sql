select count(*)
  from daftar.events
 where book_id = $1 and aggregate_type = 'order' and sequence = 1
