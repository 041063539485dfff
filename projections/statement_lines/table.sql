-- What the banks say: money on our accounts, and the payments it was matched with.
create table statement_lines (
  book_id int not null,
  generation int not null,
  line_id uuid not null,
  account text not null,
  line text not null,
  date date not null,
  currency text not null,
  amount numeric(20,4) not null,
  reference text,
  matched boolean not null,
  fee numeric(20,4),
  recorded_at timestamptz,
  version bigint not null,
  position bigint not null,
  primary key (book_id, generation, line_id)
) with (fillfactor = 70);

select guard_view('statement_lines');

-- What no payment explains yet, oldest first.
create index statement_lines_open_idx
  on statement_lines (book_id, generation, date, line_id) where not matched;

-- All of them by date.
create index statement_lines_date_idx on statement_lines (book_id, generation, date, line_id);

-- What an append or a rebuild sends of a row.
create type statement_lines_row as (
  line_id uuid,
  account text,
  line text,
  date date,
  currency text,
  amount numeric,
  reference text,
  matched boolean,
  fee numeric,
  recorded_at timestamptz,
  version bigint,
  position bigint
);
alter type statement_lines_row owner to daftar_owner;
