select * from daftar.heads_2 order by book_id
