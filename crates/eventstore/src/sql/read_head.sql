select * from daftar.heads where book_id = $1
