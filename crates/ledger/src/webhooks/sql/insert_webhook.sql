insert into webhooks (book_id, webhook_id, url, event_types, description, created_at, created_by,
  cursor_position, cursor_hash, alert_number)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
  coalesce((select number from alert_heads where book_id = $1), 0))
