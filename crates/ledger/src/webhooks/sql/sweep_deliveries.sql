-- What waits is never too old.
delete from webhook_deliveries d
using (
  select o.webhook_id, o.delivery_id
  from webhook_deliveries o
  where o.book_id = $1 and o.state <> 'pending' and coalesce(o.finished_at, o.made_at) < $2
  order by coalesce(o.finished_at, o.made_at)
  limit $3
  for update skip locked
) old
where d.book_id = $1 and d.webhook_id = old.webhook_id and d.delivery_id = old.delivery_id
