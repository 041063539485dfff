-- What is due already waits for an attempt to end, or for another node's claim.
select min(due.next_attempt_at)
from webhooks w
cross join lateral (
  select d.next_attempt_at
  from webhook_deliveries d
  where d.book_id = w.book_id and d.webhook_id = w.webhook_id and d.state = 'pending'
    and d.next_attempt_at > $2
  order by d.next_attempt_at
  limit 1
) due
where w.book_id = $1 and w.disabled_at is null and w.deleted_at is null
