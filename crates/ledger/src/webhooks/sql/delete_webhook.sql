update webhooks set deleted_at = $3
where book_id = $1 and webhook_id = $2 and deleted_at is null
