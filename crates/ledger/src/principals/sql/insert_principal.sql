insert into principals
  (book_id, principal_id, kind, role, department, owner_id, created_at, created_by, made_with)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (book_id, principal_id) do nothing
