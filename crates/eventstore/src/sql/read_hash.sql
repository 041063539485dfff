select hash
  from daftar.events
 where book_id = $1 and position = $2
 union all
select sha256('\x01'::bytea || uuid_send(uuid))
  from daftar.books
 where book_id = $1 and $2 = 0
