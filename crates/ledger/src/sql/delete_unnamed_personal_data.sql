delete from daftar.personal_data
 where book_id = $1 and not is_named and created_at < $2
