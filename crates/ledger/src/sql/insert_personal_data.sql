insert into daftar.personal_data (
  book_id, id, customer_id, kind, stream_type, stream_id, key_id, nonce, ciphertext, digest,
  created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (book_id, id) do nothing
