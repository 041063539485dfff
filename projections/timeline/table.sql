-- Everything that happened to an order, the movements of wallets and payments that name it included.
-- Rows are added, never changed.
create table timeline (
  book_id int not null,
  generation int not null,
  order_id uuid not null,
  position bigint not null,
  stream_type text not null,
  stream_id uuid not null,
  sequence bigint not null,
  event_type text not null,
  actor_kind text,
  actor_id text,
  actor_role text,
  reason text,
  ticket text,
  phase text,
  currency text,
  amount numeric(20,4),
  recorded_at timestamptz not null,
  effective_at timestamptz not null,
  primary key (book_id, generation, order_id, position)
);

select guard_view('timeline');

-- What an append or a rebuild sends of a row.
create type timeline_row as (
  order_id uuid,
  position bigint,
  stream_type text,
  stream_id uuid,
  sequence bigint,
  event_type text,
  actor_kind text,
  actor_id text,
  actor_role text,
  reason text,
  ticket text,
  phase text,
  currency text,
  amount numeric,
  recorded_at timestamptz,
  effective_at timestamptz
);
alter type timeline_row owner to daftar_owner;
