-- The persons who made the principal or its key, and whoever made those, up to what the command line
-- made, which names nobody.
with recursive makers (name) as (
  select k.created_by
    from api_keys as k
   where k.book_id = $1 and k.key_id = $3 and k.created_by is not null
  union
  select p.created_by
    from principals as p
   where p.book_id = $1 and p.principal_id = $2 and p.created_by is not null
  union
  select p.created_by
    from makers as m
    join principals as p on p.book_id = $1 and p.principal_id = m.name
   where p.created_by is not null
)
select distinct coalesce(p.owner_id, p.principal_id)
  from makers as m
  join principals as p on p.book_id = $1 and p.principal_id = m.name
