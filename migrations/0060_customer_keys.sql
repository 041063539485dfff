-- A data key for each customer, wrapped with a master key that is kept outside the database. To
-- forget a customer is to delete this row: what it encrypted stays, and nobody can read it.
create table customer_keys (
  book_id int not null,
  customer_id text not null,
  key_id uuid not null,
  nonce bytea not null check (length(nonce) = 24),
  wrapped bytea not null,
  created_at timestamptz not null,
  primary key (book_id, customer_id)
);

select own_table('customer_keys');
grant delete on table customer_keys to daftar_app;
