select customer_id, kind, key_id, nonce, ciphertext, digest
  from daftar.personal_data
 where book_id = $1 and id = $2
