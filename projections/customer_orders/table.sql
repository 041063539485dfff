-- An order as its customer sees it. No index on a column that changes, and room on each page, so that
-- an update touches no index.
create table customer_orders (
  book_id int not null,
  generation int not null,
  order_id uuid not null,
  number text not null,
  series text,
  counter bigint,
  epoch text,
  customer_id text not null,
  status text not null,
  payment_status text not null,
  payment_method text not null,
  currency text not null,
  total numeric(20,4) not null,
  paid numeric(20,4) not null,
  placed_at timestamptz,
  deadline timestamptz,
  version bigint not null,
  position bigint not null,
  primary key (book_id, generation, order_id)
) with (fillfactor = 70);

select guard_view('customer_orders');

-- A customer's orders, newest first.
create index customer_orders_customer_idx
  on customer_orders (book_id, generation, customer_id, placed_at desc, order_id);

-- By the number that people say; an imported one may have been given to several orders.
create index customer_orders_number_idx on customer_orders (book_id, generation, number);

-- A number is allotted once, and the last one of a series is found at its end.
create unique index customer_orders_series_counter_key
  on customer_orders (book_id, generation, series, counter)
  where epoch is null and series is not null;

-- Those taken over: the counter goes on above them.
create index customer_orders_imported_counter_idx
  on customer_orders (book_id, generation, series, counter)
  where epoch is not null and series is not null;

-- What an append or a rebuild sends of a row.
create type customer_orders_row as (
  order_id uuid,
  number text,
  series text,
  counter bigint,
  epoch text,
  customer_id text,
  status text,
  payment_status text,
  payment_method text,
  currency text,
  total numeric,
  paid numeric,
  placed_at timestamptz,
  deadline timestamptz,
  version bigint,
  position bigint
);
alter type customer_orders_row owner to daftar_owner;
