insert into gateway_secrets (book_id, gateway, secret_id, nonce, wrapped, created_at, created_by)
values ($1, $2, $3, $4, $5, $6, $7)
