select resume_book_1($1, $2, $3)
