-- Payment gateways, each under the name that its callback's address and its events bear. Switched
-- off, it is kept: what it told of stays its own.
create table gateways (
  book_id int not null,
  gateway text not null check (gateway ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
  created_at timestamptz not null,
  created_by text,
  disabled_at timestamptz,
  primary key (book_id, gateway)
);

select own_table('gateways');
grant update (disabled_at) on table gateways to daftar_app;
