insert into webhook_attempts (book_id, webhook_id, delivery_id, attempt, attempted_at, duration_ms,
  status, error, excerpt)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
