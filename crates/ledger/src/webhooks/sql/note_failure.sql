update webhooks set failing_since = $4
where book_id = $1 and webhook_id = $2 and url = $3 and failing_since is null
