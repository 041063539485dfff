-- The one old system that each book is taken over from. It is claimed before the first row is
-- recorded: under another name the same rows would have other ids, and all would come over again.
create table imports (
  book_id int not null,
  source text not null,
  started_at timestamptz not null,
  -- When every row had an answer for the first time.
  finished_at timestamptz,
  primary key (book_id)
);

select own_table('imports');
grant update (finished_at) on table imports to daftar_app;
