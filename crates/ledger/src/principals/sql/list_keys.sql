select key_id, principal_id, customers, created_at, created_by, expires_at, last_used_at, revoked_at,
  replaced_by
from api_keys
where book_id = $1 and ($2::timestamptz is null or (created_at, key_id) < ($2, $3))
order by created_at desc, key_id desc
limit $4
