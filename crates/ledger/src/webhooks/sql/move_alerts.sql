update webhooks set alert_number = $3
where book_id = $1 and webhook_id = $2
