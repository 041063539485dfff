update webhooks set failing_since = $3
where book_id = $1 and webhook_id = $2 and failing_since is null
