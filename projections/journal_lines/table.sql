-- The journal: a row a posting, with the primary key alone. Rows are added, never changed, not even by
-- a rebuild.
create table journal_lines (
  book_id int not null,
  generation int not null,
  position bigint not null,
  line int not null,
  account text not null,
  item text not null,
  side text not null check (side in ('debit', 'credit')),
  amount numeric(20,4) not null check (amount > 0),
  currency text not null,
  rules text not null,
  stream_type text not null,
  stream_id uuid not null,
  recorded_at timestamptz not null,
  effective_at timestamptz not null,
  primary key (book_id, generation, position, line)
);

select guard_view('journal_lines');

-- What an append or a rebuild sends of a row.
create type journal_lines_row as (
  position bigint,
  line int,
  account text,
  item text,
  side text,
  amount numeric,
  currency text,
  rules text,
  stream_type text,
  stream_id uuid,
  recorded_at timestamptz,
  effective_at timestamptz
);
alter type journal_lines_row owner to daftar_owner;
