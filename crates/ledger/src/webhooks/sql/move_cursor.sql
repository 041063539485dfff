update webhooks set cursor_position = $3, cursor_hash = $4
where book_id = $1 and webhook_id = $2
