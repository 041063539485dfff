insert into webhook_secrets (book_id, webhook_id, secret_id, nonce, wrapped, created_at, created_by)
values ($1, $2, $3, $4, $5, $6, $7)
