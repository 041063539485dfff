-- Money whose reason nobody knows yet: account 9010, item by item.
create table suspense_items (
  book_id int not null,
  generation int not null,
  suspense_id uuid not null,
  item text not null,
  currency text not null,
  balance numeric(20,4) not null,
  owner text not null,
  reason text not null,
  settled boolean not null,
  opened_at timestamptz,
  updated_at timestamptz not null,
  version bigint not null,
  position bigint not null,
  primary key (book_id, generation, suspense_id)
) with (fillfactor = 70);

select guard_view('suspense_items');

-- What is still to be explained, oldest first.
create index suspense_items_open_idx
  on suspense_items (book_id, generation, opened_at, suspense_id) where not settled;

-- What an append or a rebuild sends of a row.
create type suspense_items_row as (
  suspense_id uuid,
  item text,
  currency text,
  balance numeric,
  owner text,
  reason text,
  settled boolean,
  opened_at timestamptz,
  updated_at timestamptz,
  version bigint,
  position bigint
);
alter type suspense_items_row owner to daftar_owner;
