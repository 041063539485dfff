-- Who watches a book: one node at a time, for as long as it renews its claim by the database's clock.
create table watches (
  book_id int primary key,
  claim uuid,
  claimed_until timestamptz,
  check ((claim is null) = (claimed_until is null))
) with (fillfactor = 70);

select own_table('watches');
grant update (claim, claimed_until) on table watches to daftar_app;

-- When each monitor looked last, and what came of it.
create table looks (
  book_id int not null,
  monitor text not null check (monitor ~ '^[a-z][a-z0-9-]*$'),
  looked_at timestamptz not null,
  cases int not null check (cases >= 0),
  -- Why it could not look; then it knows nothing of how things stand.
  failure text,
  primary key (book_id, monitor)
) with (fillfactor = 70);

select own_table('looks');
grant update (looked_at, cases, failure) on table looks to daftar_app;
