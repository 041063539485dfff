delete from webhook_secrets
where book_id = $1 and webhook_id = $2
