select k.key_id, k.secret_hash, k.customers, k.expires_at, k.last_used_at,
  p.principal_id, p.kind, p.role, p.department, p.owner_id
from api_keys k
join principals p on p.book_id = k.book_id and p.principal_id = k.principal_id
where k.book_id = $1 and k.key_id = $2 and k.revoked_at is null and p.disabled_at is null
