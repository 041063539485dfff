select customer_id, kind, key_id, nonce, ciphertext
  from daftar.personal_data
 where book_id = $1 and id = $2
