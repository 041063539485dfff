update webhook_secrets
set ends_at = case when ends_at is null then $4 else least(ends_at, $3) end
where book_id = $1 and webhook_id = $2
