-- Money that came in, and how much of it has no order or wallet yet.
create table payments (
  book_id int not null,
  generation int not null,
  payment_id uuid not null,
  kind text not null,
  account text,
  reference text,
  gateway text,
  gateway_id text,
  transferred_on date,
  note text,
  customer_id text,
  currency text not null,
  amount numeric(20,4) not null,
  unallocated numeric(20,4) not null check (unallocated >= 0),
  corrected boolean not null,
  reversed boolean not null,
  held text,
  held_account text,
  matched_line uuid,
  fee numeric(20,4),
  recorded_at timestamptz,
  version bigint not null,
  position bigint not null,
  primary key (book_id, generation, payment_id)
) with (fillfactor = 70);

select guard_view('payments');

-- What still waits for its place.
create index payments_unallocated_idx
  on payments (book_id, generation, payment_id) where unallocated > 0;

-- What an append or a rebuild sends of a row.
create type payments_row as (
  payment_id uuid,
  kind text,
  account text,
  reference text,
  gateway text,
  gateway_id text,
  transferred_on date,
  note text,
  customer_id text,
  currency text,
  amount numeric,
  unallocated numeric,
  corrected boolean,
  reversed boolean,
  held text,
  held_account text,
  matched_line uuid,
  fee numeric,
  recorded_at timestamptz,
  version bigint,
  position bigint
);
alter type payments_row owner to daftar_owner;
