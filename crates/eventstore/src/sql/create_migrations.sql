do $$
begin
  create schema if not exists daftar;
  create table if not exists daftar.migrations (
    version int primary key,
    name text not null,
    checksum bytea not null,
    applied_at timestamptz not null default now()
  );
exception
  -- Another migrator created them between the look and the deed.
  when unique_violation or duplicate_schema or duplicate_table then null;
end
$$
