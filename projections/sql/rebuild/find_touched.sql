select distinct aggregate_type, aggregate_id
  from daftar.events
 where book_id = $1
   and position > $2
   and position <= $3
