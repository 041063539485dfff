-- One row a book, locked by whoever is about to apply a plan: what plans move on one day is summed
-- by one at a time, so that two cannot both stay below the threshold that they exceed together.
create table fix_claims (
  book_id int not null,
  claimed_at timestamptz not null,
  primary key (book_id)
);

select own_table('fix_claims');
grant update (claimed_at) on table fix_claims to daftar_app;
