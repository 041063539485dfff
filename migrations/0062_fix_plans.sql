-- Plans for putting orders right, each under the digest of what it would do. A plan is never changed:
-- another state of the orders makes another digest.
create table fix_plans (
  book_id int not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  plan json not null,
  planned_by text not null,
  planned_at timestamptz not null,
  -- Who first applied it.
  applied_by text,
  applied_at timestamptz,
  primary key (book_id, digest)
);

select own_table('fix_plans');
grant update (applied_by, applied_at) on table fix_plans to daftar_app;
