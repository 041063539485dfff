-- The oldest events first. What another node is claiming at this moment is passed over.
with due as (
  select d.delivery_id
  from webhook_deliveries d
  where d.book_id = $1 and d.webhook_id = $2 and d.state = 'pending' and d.next_attempt_at <= $3
    and (d.claimed_until is null or d.claimed_until <= $3)
  order by d.position, d.alert_number, d.delivery_id
  limit $4
  for update skip locked
)
update webhook_deliveries d
set claim_id = $5, claimed_until = $6
from due, webhooks w
where d.book_id = $1 and d.webhook_id = $2 and d.delivery_id = due.delivery_id
  and w.book_id = $1 and w.webhook_id = $2 and w.disabled_at is null and w.deleted_at is null
returning d.delivery_id, d.position, d.alert_number, d.made_at, d.tries, w.url
