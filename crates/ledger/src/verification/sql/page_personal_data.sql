select p.id, p.customer_id, p.key_id, p.nonce, p.ciphertext, p.digest,
       k.key_id as customer_key_id, k.nonce as wrapped_nonce, k.wrapped
  from daftar.personal_data as p
  left join daftar.customer_keys as k
    on k.book_id = p.book_id and k.customer_id = p.customer_id
 where p.book_id = $1 and p.id > $2
 order by p.id
 limit $3
