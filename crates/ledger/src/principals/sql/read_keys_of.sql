-- Every key that a principal has or had.
select key_id
  from daftar.api_keys
 where book_id = $1 and principal_id = $2
 order by key_id
