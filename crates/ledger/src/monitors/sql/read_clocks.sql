select recorded_at, clock_timestamp() as told from daftar.books where book_id = $1
