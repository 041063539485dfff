select * from daftar.heads_2 where book_id = $1
