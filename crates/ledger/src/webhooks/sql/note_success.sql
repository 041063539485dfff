update webhooks set failing_since = null
where book_id = $1 and webhook_id = $2 and url = $3 and failing_since is not null
