-- The statements someone else has to run because the current user may not; empty when all is well.
with me as (
  select rolname, rolsuper, rolcreaterole from pg_roles where rolname = current_user
), needed as (
  select role from unnest(array['daftar_owner', 'daftar_writer', 'daftar_app']) as n (role)
)
select me.rolname::text,
       case
         when me.rolsuper then ''
         else concat_ws(e'\n',
           (select string_agg(format('create role %I nologin;', role), e'\n')
              from needed
             where not me.rolcreaterole
               and not exists (select from pg_roles where rolname = role)),
           (select string_agg(format('grant %I to %I;', role, me.rolname), e'\n')
              from needed
             where case when exists (select from pg_roles where rolname = role)
                        then not pg_has_role(me.rolname, (select oid from pg_roles where rolname = role), 'member')
                             and (not me.rolcreaterole or current_setting('server_version_num')::int >= 160000)
                        else not me.rolcreaterole end),
           case when not has_database_privilege(current_database(), 'create')
                 and to_regnamespace('daftar') is null
                then format('grant create on database %I to %I;', current_database(), me.rolname)
           end)
       end
  from me
