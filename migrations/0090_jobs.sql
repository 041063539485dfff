-- Long work on a book: a rebuild of views, a verification. One row each, with how far it has come,
-- which every step writes in its own transaction. Whoever works at it holds a claim for a while and
-- renews it; if the process dies, the claim runs out by the database's clock and another goes on.
create table jobs (
  book_id int not null,
  job_id uuid not null,
  kind text not null check (kind in ('rebuild', 'verification')),
  state text not null
    check (state in ('waiting', 'running', 'ready', 'done', 'failed', 'cancelled')),
  wish jsonb not null,
  -- The folds of the build that it was asked of: another build would make other rows.
  folds text not null,
  -- json, since these are read back whole, and may quote a text that jsonb refuses.
  checkpoint json,
  progress json,
  -- One line for people.
  summary text,
  result json,
  failure json,
  -- What was decided about the differences that it waited with, and by whom.
  decision json,
  cancel_asked boolean not null default false,
  cancel_asked_by text,
  claim uuid,
  claimed_until timestamptz,
  -- How often it was claimed since its last step: one that kills whoever works at it is given up.
  attempts int not null default 0,
  -- Until when it waits for a decision.
  ready_until timestamptz,
  asked_by text not null,
  asked_at timestamptz not null,
  begun_at timestamptz,
  ended_at timestamptz,
  primary key (book_id, job_id),
  check ((state = 'running') = (claim is not null)),
  check ((claim is null) = (claimed_until is null)),
  check ((state = 'ready') = (ready_until is not null)),
  check ((state in ('done', 'failed', 'cancelled')) = (ended_at is not null))
) with (fillfactor = 70);

-- What is to be done: a handful of rows.
create index jobs_unfinished_idx on jobs (book_id, asked_at) where ended_at is null;

create index jobs_order_idx on jobs (book_id, asked_at, job_id);

select own_table('jobs');
grant update (state, checkpoint, progress, summary, result, failure, decision, cancel_asked,
  cancel_asked_by, claim, claimed_until, attempts, ready_until, begun_at, ended_at) on table jobs to daftar_app;
grant delete on table jobs to daftar_app;

create trigger ended_once
  before update on jobs
  for each row when (old.ended_at is not null) execute function refuse_change();
alter table jobs enable always trigger ended_once;
