update webhooks
set disabled_at = $4, disabled_reason = 'failing'
where book_id = $1 and webhook_id = $2 and url = $3 and disabled_at is null and failing_since <= $5
