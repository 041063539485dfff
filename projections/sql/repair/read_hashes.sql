select position, hash
  from daftar.events
 where book_id = $1 and position = any ($2)
