select position, hash, fold_set, min_reader, writer_format from daftar.books where book_id = $1
