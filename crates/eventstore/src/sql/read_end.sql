select position, hash from daftar.books where book_id = $1
