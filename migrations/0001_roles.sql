-- Who may do what is the database's own business: one role owns the tables, one owns the functions
-- and holds the only write grants, one is what the service works as. Roles belong to the whole
-- cluster, so another database's migration may be creating the same ones at this moment.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['daftar_owner', 'daftar_writer', 'daftar_app'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
      begin
        execute format('create role %I nologin', v_role);
      exception
        when duplicate_object or unique_violation then null;
      end;
    end if;
    -- Whoever migrates hands tables and functions over, and works as the application's role when
    -- there is a single user. A superuser may do both without being a member.
    if not pg_catalog.pg_has_role(current_user, v_role, 'member') then
      execute format('grant %I to current_user', v_role);
    end if;
  end loop;
end
$$;
