select id, digest
  from daftar.personal_data
 where book_id = $1 and id = any ($2)
