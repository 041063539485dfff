delete from webhook_deliveries d
using (
  select o.webhook_id, o.delivery_id
  from webhooks w
  join webhook_deliveries o on o.book_id = w.book_id and o.webhook_id = w.webhook_id
  where w.book_id = $1 and w.deleted_at is not null
  limit $2
  for update of o skip locked
) old
where d.book_id = $1 and d.webhook_id = old.webhook_id and d.delivery_id = old.delivery_id
