-- What stood in a view where it was not what the fold makes of the events, and what stands there since:
-- a row each, written with the repair itself and never changed.
create table repairs (
  book_id int not null,
  repair_id uuid not null,
  -- The revision that the repair made: in their order.
  revision bigint not null,
  view text not null,
  key json not null,
  -- Nothing where there was, or is, no row.
  before json,
  after json,
  -- Everything up to here was folded.
  position bigint not null,
  at timestamptz not null,
  by text not null,
  primary key (book_id, repair_id),
  check (before is not null or after is not null)
);

create index repairs_order_idx on repairs (book_id, revision, repair_id);

select guard_view('repairs');
