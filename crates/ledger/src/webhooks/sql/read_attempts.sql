select attempt, attempted_at, duration_ms, status, error, excerpt
from webhook_attempts
where book_id = $1 and webhook_id = $2 and delivery_id = $3
order by attempt desc
limit 100
