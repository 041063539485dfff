-- Top-ups and withdrawals that customers asked for, and what became of them.
create table wallet_requests (
  book_id int not null,
  generation int not null,
  request_id uuid not null,
  wallet_id uuid not null,
  customer_id text not null,
  kind text not null,
  state text not null,
  currency text not null,
  claimed numeric(20,4),
  amount numeric(20,4),
  payment_id uuid,
  account text,
  reference text,
  reason text,
  file_id uuid,
  destination_id uuid,
  requested_at timestamptz,
  decided_at timestamptz,
  position bigint not null,
  primary key (book_id, generation, request_id)
) with (fillfactor = 70);

select guard_view('wallet_requests');

-- What waits for finance, oldest first.
create index wallet_requests_open_idx
  on wallet_requests (book_id, generation, requested_at, request_id) where state = 'open';

-- What one customer asked for, oldest first.
create index wallet_requests_customer_idx
  on wallet_requests (book_id, generation, customer_id, requested_at, request_id);

-- What an append or a rebuild sends of a row.
create type wallet_requests_row as (
  request_id uuid,
  wallet_id uuid,
  customer_id text,
  kind text,
  state text,
  currency text,
  claimed numeric,
  amount numeric,
  payment_id uuid,
  account text,
  reference text,
  reason text,
  file_id uuid,
  destination_id uuid,
  requested_at timestamptz,
  decided_at timestamptz,
  position bigint
);
alter type wallet_requests_row owner to daftar_owner;
