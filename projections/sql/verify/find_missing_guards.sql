-- What keeps hands off the tables: a trigger that fires always, an owner who is no login, functions
-- that run as the writer with a pinned search path.
select 'daftar.' || t.name || ' only_functions_write', 'a trigger that is enabled always'
  from unnest($1::text[]) as t (name)
 where not exists (
       select
         from pg_catalog.pg_trigger as g
         join pg_catalog.pg_proc as p on p.oid = g.tgfoid
        where g.tgrelid = to_regclass('daftar.' || t.name)
          and g.tgname = 'only_functions_write'
          and g.tgenabled = 'A'
          -- Before (2), each statement, on insert (4), delete (8), update (16) and truncate (32).
          and g.tgtype = 62
          and p.proname = 'refuse_direct_write'
          and p.pronamespace = 'daftar'::regnamespace)
 union all
select 'daftar.events never_changes', 'a trigger that is enabled always'
 where not exists (
       select
         from pg_catalog.pg_trigger as g
         join pg_catalog.pg_proc as p on p.oid = g.tgfoid
        where g.tgrelid = to_regclass('daftar.events')
          and g.tgname = 'never_changes'
          and g.tgenabled = 'A'
          and p.proname = 'refuse_change'
          and p.pronamespace = 'daftar'::regnamespace)
 union all
select 'daftar.' || t.name || ' owner', 'daftar_owner'
  from unnest($1::text[]) as t (name)
  join pg_catalog.pg_class as c on c.oid = to_regclass('daftar.' || t.name)
 where c.relowner is distinct from to_regrole('daftar_owner')
 union all
select 'daftar.' || t.name || ' grants', 'no right to write for anyone but daftar_writer'
  from unnest($1::text[]) as t (name)
  join pg_catalog.pg_class as c on c.oid = to_regclass('daftar.' || t.name)
 where exists (
       select
         from aclexplode(c.relacl) as a
        where a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
          and a.grantee <> all (array[to_regrole('daftar_writer'), to_regrole('daftar_owner')]::oid[]))
 union all
select 'daftar.' || p.proname, 'a function of daftar_writer with a pinned search path'
  from pg_catalog.pg_proc as p
 where p.pronamespace = 'daftar'::regnamespace
   and p.prosecdef
   and (p.proowner is distinct from to_regrole('daftar_writer')
        or p.proconfig is null
        or not 'search_path=daftar, pg_temp' = any (p.proconfig))
 order by 1
