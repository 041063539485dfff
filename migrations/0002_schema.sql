-- One schema, owned by no login, in which nobody but a migration creates anything.
alter schema daftar owner to daftar_owner;
revoke all on schema daftar from public;
grant usage on schema daftar to daftar_writer, daftar_app;

alter table migrations owner to daftar_owner;
revoke all on table migrations from public;
grant select on table migrations to daftar_app;
