-- What tells a node that it holds the secret which the book was begun with: a value that only that
-- secret makes, and from which nothing of it can be learned. With another secret the fingerprints of
-- retries would differ, and no personal data could be read.
create table secret_checks (
  book_id int not null,
  "check" bytea not null check (octet_length("check") = 32),
  created_at timestamptz not null,
  primary key (book_id)
);

select own_table('secret_checks');
