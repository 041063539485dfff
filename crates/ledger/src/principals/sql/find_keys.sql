select k.key_id, k.secret_hash, k.customers, k.expires_at, k.last_used_at,
  p.principal_id, p.kind, p.role, p.department, p.owner_id
from unnest($2::text[]) as asked (id)
cross join lateral (
  select *
    from api_keys as k
   where k.book_id = $1 and k.key_id = asked.id and k.revoked_at is null
   limit 1) as k
join principals as p on p.book_id = k.book_id and p.principal_id = k.principal_id
where p.disabled_at is null
