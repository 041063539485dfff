-- Saved states, to load a long stream fast. They can be deleted at any time.
create table snapshots (
  book_id int not null,
  aggregate_type text not null,
  aggregate_id text not null,
  sequence bigint not null check (sequence > 0),
  format int not null,
  state json not null,
  primary key (book_id, aggregate_type, aggregate_id)
);

select guard_view('snapshots');

create type snapshot_row as (
  aggregate_type text,
  aggregate_id text,
  sequence bigint,
  format int,
  state json
);
alter type snapshot_row owner to daftar_owner;
