insert into daftar.customer_keys (book_id, customer_id, key_id, nonce, wrapped, created_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (book_id, customer_id) do nothing
