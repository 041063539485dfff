-- The persons who agreed to a plan.
create table fix_approvals (
  book_id int not null,
  digest text not null,
  person text not null,
  approved_at timestamptz not null,
  primary key (book_id, digest, person),
  foreign key (book_id, digest) references fix_plans (book_id, digest)
);

select own_table('fix_approvals');
