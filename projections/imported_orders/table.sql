-- What the old system's rows said of an order that was taken over: evidence, shown beside what is so
-- now. Rows are added, never changed.
create table imported_orders (
  book_id int not null,
  generation int not null,
  order_id uuid not null,
  number text not null,
  epoch text,
  customer_id text not null,
  customer_status text,
  payment_status text,
  management_status text,
  payment_method text,
  old_rows text[] not null,
  classes text[] not null,
  findings text[] not null,
  debits text[] not null,
  currency text not null,
  total numeric(20,4) not null,
  proven numeric(20,4) not null,
  stage text not null,
  placed_at timestamptz,
  recorded_at timestamptz not null,
  position bigint not null,
  primary key (book_id, generation, order_id)
);

select guard_view('imported_orders');

-- What an append or a rebuild sends of a row.
create type imported_orders_row as (
  order_id uuid,
  number text,
  epoch text,
  customer_id text,
  customer_status text,
  payment_status text,
  management_status text,
  payment_method text,
  old_rows text[],
  classes text[],
  findings text[],
  debits text[],
  currency text,
  total numeric,
  proven numeric,
  stage text,
  placed_at timestamptz,
  recorded_at timestamptz,
  position bigint
);
alter type imported_orders_row owner to daftar_owner;
