-- As its own documentation has them.
create table events (
  aggregate_type text not null,
  aggregate_id text not null,
  sequence bigint check (sequence >= 0) not null,
  event_type text not null,
  event_version text not null,
  payload json not null,
  metadata json not null,
  primary key (aggregate_type, aggregate_id, sequence)
);
create table customer_orders (
  view_id text not null,
  version bigint check (version >= 0) not null,
  payload json not null,
  primary key (view_id)
);
create table order_management (like customer_orders including all);
create table wallet_balances (like customer_orders including all);
