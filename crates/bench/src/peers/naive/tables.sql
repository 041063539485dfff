-- daftar's own tables, with their keys, checks and indexes, and without what guards them.
create schema peer;
set search_path = peer, pg_temp;
create table events (like daftar.events including all);
create table commands (like daftar.commands including all);
create table customer_orders (like daftar.customer_orders including all);
create table order_management (like daftar.order_management including all);
create table wallet_balances (like daftar.wallet_balances including all);
create table wallet_lines (like daftar.wallet_lines including all);
create table journal_lines (like daftar.journal_lines including all);
create table timeline (like daftar.timeline including all);
alter table customer_orders set (fillfactor = 70);
alter table order_management set (fillfactor = 70);
alter table wallet_balances set (fillfactor = 70);
create sequence positions;
create sequence counters;
create table head (position bigint not null, counter bigint not null, hash bytea not null)
  with (fillfactor = 10);
insert into head values (0, 0, sha256(''));
