-- Streams with an event that a build could not read or fold: nothing is decided over them until a
-- build that reads them says so. What stands in the log stays as it is, and so do the rows of views.
-- A handful of rows, of which every node keeps a copy.
create table quarantined_streams (
  book_id int not null,
  aggregate_type text not null,
  aggregate_id text not null,
  -- The first event that could not be read or folded.
  position bigint not null check (position > 0),
  -- Text of whoever found it, which may quote what is stored.
  why text not null,
  found_at timestamptz not null default clock_timestamp(),
  -- What met with it: a node that served, a verification, a rebuild, the scrubber.
  found_by text not null,
  primary key (book_id, aggregate_type, aggregate_id)
);

select own_table('quarantined_streams');
grant delete on table quarantined_streams to daftar_app;

-- What was quarantined and is no more: who said so, and why. It stays for ever.
create table resumed_streams (
  book_id int not null,
  aggregate_type text not null,
  aggregate_id text not null,
  found_at timestamptz not null,
  position bigint not null,
  why text not null,
  found_by text not null,
  resumed_at timestamptz not null default clock_timestamp(),
  resumed_by text not null,
  reason text not null,
  primary key (book_id, aggregate_type, aggregate_id, found_at)
);

select own_table('resumed_streams');
