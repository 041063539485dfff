delete from daftar.customer_keys
 where book_id = $1 and customer_id = $2
