select source from daftar.imports where book_id = $1
