update webhooks
set disabled_at = $3, disabled_reason = 'failing'
where book_id = $1 and webhook_id = $2 and disabled_at is null and failing_since <= $4
