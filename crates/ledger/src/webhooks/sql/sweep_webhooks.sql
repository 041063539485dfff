delete from webhooks w
where w.book_id = $1 and w.deleted_at is not null and not exists (
  select from webhook_deliveries d where d.book_id = w.book_id and d.webhook_id = w.webhook_id)
