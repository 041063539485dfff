-- What keeps hands off the tables: triggers that fire always and refuse everyone but the writer, the
-- constraints that hold whoever writes, an owner who is no login, functions that are what the
-- migrations made of them and run as the writer with a pinned search path. Everything that could make
-- one of them void is looked at.
with guarded as (
  select t.name, to_regclass('daftar.' || quote_ident(t.name)) as id
    from unnest($1::text[]) as t (name)
), made as (
  select f.name, f.body from unnest($2::text[], $3::text[]) as f (name, body)
), expected as (
  -- Before (2), each statement, on delete (8), update (16) and truncate (32), insert (4) besides.
  select g.name, g.id, 'only_functions_write' as trigger, 62 as type,
         'refuse_direct_write' as function,
         '(CURRENT_USER IS DISTINCT FROM ''daftar_writer''::name)' as condition
    from guarded as g
   union all
  select g.name, g.id, 'never_changes', 58, 'refuse_change', null
    from guarded as g
   where g.name = 'events'
), constrained as (
  -- A position and a place in a stream are taken once, a command is decided once, and the head of a
  -- book that is stopped stands still.
  select c.on_table, c.name, c.says
    from (values
           ('events', 'events_pkey', 'PRIMARY KEY (book_id, "position")'),
           ('events', 'events_stream_sequence_key',
            'UNIQUE (book_id, aggregate_type, aggregate_id, sequence)'),
           ('commands', 'commands_pkey', 'PRIMARY KEY (book_id, command_id)'),
           ('books', 'books_stopped', 'CHECK ((stopped_revision = revision))')
         ) as c (on_table, name, says)
)
select 'daftar.' || e.name || ' ' || e.trigger, 'a trigger that is enabled always, and whole',
       case when e.id is null then 'no such table'
            else coalesce((
                 select case g.tgenabled when 'A' then 'changed' when 'D' then 'disabled'
                                         else 'not enabled always' end
                   from pg_catalog.pg_trigger as g
                  where g.tgrelid = e.id and g.tgname = e.trigger), 'missing') end
  from expected as e
 where not exists (
       select
         from pg_catalog.pg_trigger as g
         join pg_catalog.pg_proc as p on p.oid = g.tgfoid
        where g.tgrelid = e.id
          and g.tgname = e.trigger
          and g.tgenabled = 'A'
          and g.tgtype = e.type
          and g.tgattr = ''
          and g.tgnargs = 0
          and pg_get_expr(g.tgqual, g.tgrelid) is not distinct from e.condition
          and p.proname = e.function
          and p.pronargs = 0
          and p.pronamespace = 'daftar'::regnamespace)
 union all
select 'daftar.' || c.on_table || ' ' || c.name, c.says,
       coalesce((
         select pg_get_constraintdef(k.oid)
           from pg_catalog.pg_constraint as k
          where k.conrelid = to_regclass('daftar.' || c.on_table) and k.conname = c.name), 'missing')
  from constrained as c
 where not exists (
       select
         from pg_catalog.pg_constraint as k
        where k.conrelid = to_regclass('daftar.' || c.on_table)
          and k.conname = c.name
          and pg_get_constraintdef(k.oid) = c.says)
 union all
select 'daftar.' || g.name || ' ' || t.tgname, 'no other trigger',
       'a trigger that no migration made'
  from guarded as g
  join pg_catalog.pg_trigger as t on t.tgrelid = g.id and not t.tgisinternal
 where not exists (select from expected as e where e.id = g.id and e.trigger = t.tgname)
 union all
select 'daftar.' || g.name || ' ' || r.rulename, 'no rule', 'a rule'
  from guarded as g
  join pg_catalog.pg_rewrite as r on r.ev_class = g.id
 union all
select 'daftar.' || g.name || ' owner', 'daftar_owner', c.relowner::regrole::text
  from guarded as g
  join pg_catalog.pg_class as c on c.oid = g.id
 where c.relowner is distinct from to_regrole('daftar_owner')
 union all
select 'daftar.' || g.name || ' grants', 'no right to write for anyone but daftar_writer',
       'held by ' || string_agg(distinct
         case a.grantee when 0 then 'everybody' else a.grantee::regrole::text end, ', ')
  from guarded as g
 cross join lateral (
       select c.relacl as rights from pg_catalog.pg_class as c where c.oid = g.id
        union all
       select a.attacl from pg_catalog.pg_attribute as a where a.attrelid = g.id) as held
 cross join aclexplode(held.rights) as a
 where a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
   and a.grantee <> all (array[to_regrole('daftar_writer'), to_regrole('daftar_owner')]::oid[])
 group by g.name
 union all
select 'schema daftar grants', 'no right to create for anyone but daftar_owner',
       'owned by ' || n.nspowner::regrole || coalesce((
         select ', and held by ' || string_agg(
                  case a.grantee when 0 then 'everybody' else a.grantee::regrole::text end, ', ')
           from aclexplode(n.nspacl) as a
          where a.privilege_type = 'CREATE' and a.grantee <> n.nspowner), '')
  from pg_catalog.pg_namespace as n
 where n.nspname = 'daftar'
   and (n.nspowner is distinct from to_regrole('daftar_owner')
        or exists (
           select
             from aclexplode(n.nspacl) as a
            where a.privilege_type = 'CREATE' and a.grantee <> n.nspowner))
 union all
select r.rolname::text, 'a role that nobody logs in as',
       case when r.rolsuper then 'a superuser' else 'a role that may log in' end
  from pg_catalog.pg_roles as r
 where r.rolname in ('daftar_owner', 'daftar_writer')
   and (r.rolcanlogin or r.rolsuper)
 union all
select 'daftar.' || m.name, 'a function whose body is the one that the migrations gave it',
       'another body'
  from made as m
 where exists (
       select
         from pg_catalog.pg_proc as p
        where p.pronamespace = 'daftar'::regnamespace and p.proname = m.name and p.prosrc <> m.body)
 union all
select 'daftar.' || p.proname, 'no function that runs as its owner beside those of the migrations',
       'one that runs as ' || p.proowner::regrole
  from pg_catalog.pg_proc as p
 where p.pronamespace = 'daftar'::regnamespace
   and p.prosecdef
   and not exists (select from made as m where m.name = p.proname)
 union all
select 'daftar.' || p.proname, 'a function of daftar_writer with a pinned search path',
       'one of ' || p.proowner::regrole || ' with '
         || coalesce(array_to_string(p.proconfig, ', '), 'no settings')
  from pg_catalog.pg_proc as p
 where p.pronamespace = 'daftar'::regnamespace
   and p.prosecdef
   and (p.proowner is distinct from to_regrole('daftar_writer')
        or p.proconfig is distinct from array['search_path=daftar, pg_temp'])
 union all
select 'daftar.' || p.proname, 'a function of daftar_owner',
       'one of ' || p.proowner::regrole || ' in '
         || (select l.lanname from pg_catalog.pg_language as l where l.oid = p.prolang)
  from pg_catalog.pg_proc as p
 where p.pronamespace = 'daftar'::regnamespace
   and p.proname in ('refuse_direct_write', 'refuse_change')
   and (p.proowner is distinct from to_regrole('daftar_owner')
        or p.prolang is distinct from (select l.oid from pg_catalog.pg_language as l where l.lanname = 'plpgsql'))
 order by 1, 2
