-- What falls due when: at most one row an order and kind, and none once nothing falls due.
create table deadlines (
  book_id int not null,
  generation int not null,
  order_id uuid not null,
  kind text not null,
  due_at timestamptz not null,
  set_by bigint not null,
  position bigint not null,
  remindable boolean not null,
  primary key (book_id, generation, order_id, kind)
);

select guard_view('deadlines');

-- In the order in which they fall due. A row comes once or twice in an order's life and goes: there
-- is nothing to keep off this index.
create index deadlines_due_at_idx
  on deadlines (book_id, generation, due_at, order_id, kind);

-- Those whose customers have not been reminded.
create index deadlines_remindable_idx
  on deadlines (book_id, generation, due_at, order_id) where remindable;

-- What an append or a rebuild sends of a row. Without a time the row goes. One that is anew was
-- something else earlier in the same batch, so that it is not the row that is there.
create type deadlines_row as (
  order_id uuid,
  kind text,
  due_at timestamptz,
  set_by bigint,
  position bigint,
  remindable boolean,
  is_anew boolean
);
alter type deadlines_row owner to daftar_owner;
