-- Enabled webhooks with something to attempt now, those after the one that was served last first.
select w.webhook_id, w.failing_since is not null as is_failing
from webhooks w
where w.book_id = $1 and w.disabled_at is null and w.deleted_at is null and exists (
  select from webhook_deliveries d
  where d.book_id = w.book_id and d.webhook_id = w.webhook_id and d.state = 'pending'
    and d.next_attempt_at <= $2 and (d.claimed_until is null or d.claimed_until <= $2))
order by w.webhook_id > $3 desc, w.webhook_id
limit 1000
