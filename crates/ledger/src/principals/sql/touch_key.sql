update api_keys set last_used_at = $3
where book_id = $1 and key_id = $2 and (last_used_at is null or last_used_at <= $4)
