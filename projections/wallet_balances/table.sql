-- What each wallet holds.
create table wallet_balances (
  book_id int not null,
  generation int not null,
  wallet_id uuid not null,
  customer_id text not null,
  currency text not null,
  balance numeric(20,4) not null check (balance >= 0),
  debt numeric(20,4) not null check (debt >= 0),
  frozen boolean not null,
  closed boolean not null,
  version bigint not null,
  position bigint not null,
  primary key (book_id, generation, wallet_id)
) with (fillfactor = 70);

select guard_view('wallet_balances');

-- A customer's wallets, one a currency.
create index wallet_balances_customer_idx on wallet_balances (book_id, generation, customer_id);

-- What an append or a rebuild sends of a row.
create type wallet_balances_row as (
  wallet_id uuid,
  customer_id text,
  currency text,
  balance numeric,
  debt numeric,
  frozen boolean,
  closed boolean,
  version bigint,
  position bigint
);
alter type wallet_balances_row owner to daftar_owner;
