-- An order as finance, warehouse and logistics see it.
create table order_management (
  book_id int not null,
  generation int not null,
  order_id uuid not null,
  number text not null,
  customer_id text not null,
  current_status text not null,
  department text,
  phase text not null,
  payment_status text not null,
  payment_method text not null,
  currency text not null,
  released boolean not null,
  due numeric(20,4) not null,
  received numeric(20,4) not null,
  owed numeric(20,4) not null,
  held numeric(20,4) not null check (held >= 0),
  deadline timestamptz,
  open_receipt_id uuid,
  in_import_review boolean not null,
  is_open boolean not null,
  on_hold_departments text[] not null,
  on_hold_reasons text[] not null,
  placed_at timestamptz,
  updated_at timestamptz not null,
  version bigint not null,
  position bigint not null,
  primary key (book_id, generation, order_id)
) with (fillfactor = 70);

select guard_view('order_management');

-- Worklists, oldest first. Not by status: that changes with every step.
create index order_management_placed_at_idx
  on order_management (book_id, generation, placed_at, order_id);

-- What falls due next. A deadline is set and cleared once or twice in an order's life: only those
-- updates touch this index.
create index order_management_deadline_idx
  on order_management (book_id, generation, deadline)
  where deadline is not null;

-- What somebody still has to see to: few orders of a large book. An order is closed once in its life
-- or twice: only those updates touch this index.
create index order_management_open_idx
  on order_management (book_id, generation, order_id)
  where is_open;

-- What an append or a rebuild sends of a row.
create type order_management_row as (
  order_id uuid,
  number text,
  customer_id text,
  current_status text,
  department text,
  phase text,
  payment_status text,
  payment_method text,
  currency text,
  released boolean,
  due numeric,
  received numeric,
  owed numeric,
  held numeric,
  deadline timestamptz,
  open_receipt_id uuid,
  in_import_review boolean,
  is_open boolean,
  on_hold_departments text[],
  on_hold_reasons text[],
  placed_at timestamptz,
  updated_at timestamptz,
  version bigint,
  position bigint
);
alter type order_management_row owner to daftar_owner;
