-- The head: one row a book, updated once a batch. It has room for nine more versions of itself on
-- its page, so that every update stays there and no index is touched.
create table books (
  book_id int primary key check (book_id > 0),
  uuid uuid not null,
  name text not null,
  revision bigint not null check (revision >= 0),
  position bigint not null check (position >= 0),
  hash bytea not null check (octet_length(hash) = 32),
  recorded_at timestamptz not null,
  fold_set text not null,
  min_reader int not null,
  writer_format int not null
) with (fillfactor = 10);

-- The live build of each projection, part of the head: readers select the generation from here.
create table book_projections (
  book_id int not null,
  name text not null check (name ~ '^[a-z][a-z0-9_]*$'),
  generation int not null check (generation > 0),
  fold_version int not null check (fold_version > 0),
  primary key (book_id, name),
  foreign key (book_id) references books (book_id)
);

select guard_view('books');
select guard_view('book_projections');
