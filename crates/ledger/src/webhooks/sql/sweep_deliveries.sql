delete from webhook_deliveries d
using (
  select o.webhook_id, o.delivery_id
  from webhook_deliveries o
  join webhooks w on w.book_id = o.book_id and w.webhook_id = o.webhook_id
  where o.book_id = $1 and (o.made_at < $2 or w.deleted_at is not null)
  limit $3
  for update of o skip locked
) old
where d.book_id = $1 and d.webhook_id = old.webhook_id and d.delivery_id = old.delivery_id
