insert into api_keys
  (book_id, key_id, principal_id, secret_hash, customers, created_at, created_by, expires_at, made_with)
select $1, $2, principal_id, $4, $5, $6, $7, $8, $9
from principals
where book_id = $1 and principal_id = $3 and disabled_at is null
