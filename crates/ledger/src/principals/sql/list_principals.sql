select principal_id, kind, role, department, owner_id, disabled_at, created_at
from principals
where book_id = $1
order by principal_id
limit 1000
