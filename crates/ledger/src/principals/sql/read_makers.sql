-- The persons who made the principal or its key, and whoever made those or the keys that they were
-- made with, up to what the command line made, which names nobody.
with recursive trail (kind, id) as (
  values ('principal', $2::text), ('key', $3::text)
  union
  select made.kind, made.id
    from trail as t
   cross join lateral (
     select 'principal', k.created_by
       from api_keys as k
      where t.kind = 'key' and k.book_id = $1 and k.key_id = t.id
     union all
     select 'key', k.made_with
       from api_keys as k
      where t.kind = 'key' and k.book_id = $1 and k.key_id = t.id
     union all
     select 'principal', p.created_by
       from principals as p
      where t.kind = 'principal' and p.book_id = $1 and p.principal_id = t.id
     union all
     select 'key', p.made_with
       from principals as p
      where t.kind = 'principal' and p.book_id = $1 and p.principal_id = t.id
   ) as made (kind, id)
   where made.id is not null
)
select distinct coalesce(p.owner_id, p.principal_id)
  from trail as t
  join principals as p on p.book_id = $1 and p.principal_id = t.id
 where t.kind = 'principal'
