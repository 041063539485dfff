select min(d.next_attempt_at)
from webhook_deliveries d
join webhooks w on w.book_id = d.book_id and w.webhook_id = d.webhook_id
where d.book_id = $1 and d.state = 'pending' and w.disabled_at is null and w.deleted_at is null
