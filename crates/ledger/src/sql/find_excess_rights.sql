-- What the login of this session can do that an application need not: it may be daftar_app, or a
-- member of daftar_app and of nothing else. The role that it works in can be left at will.
select format('%s is a superuser', rolname)
  from pg_catalog.pg_roles
 where rolname = session_user and rolsuper
 union all
select format('%s may create roles', rolname)
  from pg_catalog.pg_roles
 where rolname = session_user and rolcreaterole
 union all
select format('%s may replicate, and so read the whole cluster', rolname)
  from pg_catalog.pg_roles
 where rolname = session_user and rolreplication
 union all
select format('%s is a member of %s', m.member::regrole, m.roleid::regrole)
  from pg_catalog.pg_auth_members as m
 where m.member in (to_regrole(quote_ident(session_user)), to_regrole('daftar_app'))
   and m.roleid is distinct from to_regrole('daftar_app')
 union all
select format('%s owns the database or the schema', session_user)
 where exists (
       select
         from pg_catalog.pg_database as d
        where d.datname = current_database() and d.datdba = to_regrole(quote_ident(session_user)))
    or exists (
       select
         from pg_catalog.pg_namespace as n
        where n.nspname = 'daftar' and n.nspowner = to_regrole(quote_ident(session_user)))
 order by 1
