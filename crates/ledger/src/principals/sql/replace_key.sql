update api_keys
set replaced_by = $3,
  revoked_at = case when $5 <= $4 then $4 end,
  expires_at = least(expires_at, $5)
where book_id = $1 and key_id = $2
