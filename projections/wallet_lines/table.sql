-- A wallet's movements with the balance after each: its statement. Rows are added, never changed.
create table wallet_lines (
  book_id int not null,
  generation int not null,
  wallet_id uuid not null,
  sequence bigint not null,
  kind text not null,
  source text not null,
  currency text not null,
  amount numeric(20,4) not null,
  balance numeric(20,4) not null check (balance >= 0),
  order_id uuid,
  payment_id uuid,
  receipt_id uuid,
  reason text,
  recorded_at timestamptz not null,
  position bigint not null,
  primary key (book_id, generation, wallet_id, sequence)
);

select guard_view('wallet_lines');

-- What an append or a rebuild sends of a row.
create type wallet_lines_row as (
  wallet_id uuid,
  sequence bigint,
  kind text,
  source text,
  currency text,
  amount numeric,
  balance numeric,
  order_id uuid,
  payment_id uuid,
  receipt_id uuid,
  reason text,
  recorded_at timestamptz,
  position bigint
);
alter type wallet_lines_row owner to daftar_owner;
