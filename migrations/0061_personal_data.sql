-- Names, phones, addresses and free text, encrypted. An event names the row and its salted digest
-- and holds nothing of it. A row is committed before the event that names it, so one may be left
-- over that no event names: those are swept.
create table personal_data (
  book_id int not null,
  id uuid not null,
  customer_id text not null,
  kind text not null,
  -- The stream whose event is to name it.
  stream_type text not null,
  stream_id uuid not null,
  -- An event was found that names it: it stays.
  is_named boolean not null default false,
  key_id uuid not null,
  nonce bytea not null check (length(nonce) = 24),
  ciphertext bytea not null,
  digest text not null,
  created_at timestamptz not null,
  primary key (book_id, id)
);

create index personal_data_unnamed_idx on personal_data (book_id, created_at) where not is_named;

select own_table('personal_data');
grant update (is_named), delete on table personal_data to daftar_app;
