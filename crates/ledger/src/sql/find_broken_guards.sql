-- Every table that the application may not write by itself must refuse everyone else too; and the
-- log must refuse changes even to its own functions.
select guard.says
from pg_class as c
cross join lateral (
  select format('%s can be written by hand', c.relname) as says
  where not exists (
    select from pg_trigger as t
    where t.tgrelid = c.oid and t.tgname = 'only_functions_write' and t.tgenabled = 'A')
  union all
  select 'events can be changed'
  where c.relname = 'events'
    and not exists (
      select from pg_trigger as t
      where t.tgrelid = c.oid and t.tgname = 'never_changes' and t.tgenabled = 'A')
) as guard
where c.relnamespace = 'daftar'::regnamespace
  and c.relkind = 'r'
  and c.relname <> 'migrations'
  and not has_table_privilege('daftar_app', c.oid, 'insert')
order by 1
