-- Helpers with which every later migration closes what it creates, so that none forgets a part.

create function refuse_direct_write() returns trigger
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  raise exception '% is written by its functions only', tg_table_name
    using errcode = 'insufficient_privilege', table = tg_table_name, schema = tg_table_schema;
end
$$;

create function refuse_change() returns trigger
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op)
    using errcode = 'insufficient_privilege', table = tg_table_name, schema = tg_table_schema;
end
$$;

-- A table that only functions write: the trigger holds against superusers and owners too, which
-- grants do not, and in replica mode too, which ordinary triggers do not. Its condition names the
-- one role the definer functions run as; it is checked without calling anything.
create function guard_view(p_table regclass) returns void
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  execute format(
    'create trigger only_functions_write
       before insert or update or delete or truncate on %s
       for each statement when (current_user is distinct from %L)
       execute function daftar.refuse_direct_write()',
    p_table, 'daftar_writer');
  execute format('alter table %s enable always trigger only_functions_write', p_table);
  execute format('alter table %s owner to daftar_owner', p_table);
  execute format('revoke all on table %s from public', p_table);
  execute format('grant select on table %s to daftar_app', p_table);
  execute format('grant select, insert, update, delete on table %s to daftar_writer', p_table);
end
$$;

-- A function that others call from within: it runs as the writer, whatever the caller's search
-- path holds. Without pg_temp at the end it would come first, and a caller's temporary tables
-- would be written instead of ours.
create function guard_inner_function(p_function regprocedure) returns void
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  execute format('alter function %s security definer set search_path = daftar, pg_temp', p_function);
  execute format('revoke all on function %s from public', p_function);
  -- A new owner must be able to create in the schema; the writer may do so for this moment only.
  grant create on schema daftar to daftar_writer;
  execute format('alter function %s owner to daftar_writer', p_function);
  revoke create on schema daftar from daftar_writer;
end
$$;

-- A function that the application calls.
create function guard_function(p_function regprocedure) returns void
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  perform guard_inner_function(p_function);
  execute format('grant execute on function %s to daftar_app', p_function);
end
$$;

-- A table beside the log, which the application writes itself. It reads and adds; a table whose rows
-- may also change or go grants that itself, column by column, so that the rest is a lasting record.
create function own_table(p_table regclass) returns void
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  execute format('alter table %s owner to daftar_owner', p_table);
  execute format('revoke all on table %s from public', p_table);
  execute format('grant select, insert on table %s to daftar_app', p_table);
end
$$;

-- A view that everyone who works here may read.
create function own_view(p_view regclass) returns void
language plpgsql
set search_path = daftar, pg_temp
as $$
begin
  execute format('alter view %s owner to daftar_owner', p_view);
  execute format('revoke all on table %s from public', p_view);
  execute format('grant select on table %s to daftar_app, daftar_writer', p_view);
end
$$;

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select oid::regprocedure from pg_proc where pronamespace = 'daftar'::regnamespace
  loop
    execute format('revoke all on function %s from public', v_function);
    execute format('alter function %s owner to daftar_owner', v_function);
  end loop;
end
$$;
