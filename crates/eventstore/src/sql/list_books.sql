select * from daftar.heads order by book_id
