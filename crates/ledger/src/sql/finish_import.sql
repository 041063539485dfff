update daftar.imports set finished_at = $2 where book_id = $1 and finished_at is null
