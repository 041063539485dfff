select key_id, principal_id, customers, created_at, created_by, expires_at, last_used_at, revoked_at,
  replaced_by
from api_keys
where book_id = $1 and key_id = $2
for update
