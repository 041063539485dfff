select principal_id, kind, role, department, owner_id, disabled_at, created_at
from principals
where book_id = $1 and ($2::timestamptz is null or (created_at, principal_id) < ($2, $3))
order by created_at desc, principal_id desc
limit $4
