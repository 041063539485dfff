select exists (select from webhooks where book_id = $1 and webhook_id = $2 and url = $3)
