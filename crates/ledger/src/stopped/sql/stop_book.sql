select stop_book_1($1, $2, $3, $4)
