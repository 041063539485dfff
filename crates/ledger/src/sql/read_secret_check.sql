select "check" from daftar.secret_checks where book_id = $1
