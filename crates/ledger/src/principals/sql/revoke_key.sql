update api_keys set revoked_at = coalesce(revoked_at, $3) where book_id = $1 and key_id = $2
