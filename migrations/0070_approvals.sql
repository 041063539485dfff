-- Proposals: commands that wait for another person's agreement. What becomes of one is decided in the
-- log, under the command ids that follow from the row; the last columns only remember it. The rest is
-- never changed: what was proposed is what is approved.
create table approvals (
  book_id int not null,
  approval_id uuid not null,
  -- What was asked: under this id and this digest the same request is known again.
  command_id uuid not null,
  fingerprint bytea not null,
  commands json not null,
  -- The versions that the proposer insists on.
  expected json not null,
  subject_type text not null,
  subject_id uuid not null,
  creates boolean not null,
  route text not null,
  -- What a caller of the route needs, and so whoever approves.
  scope bigint not null check (scope > 0),
  proposer text not null,
  -- The person behind the proposer: four eyes are counted in persons.
  proposer_person text not null,
  proposer_key text not null,
  actor json not null,
  reason text,
  ticket text,
  traceparent text,
  -- What a dry run said when it was proposed.
  would json not null,
  proposed_at timestamptz not null,
  expires_at timestamptz not null,
  -- How many decisions of the log have refused it so far.
  attempt bigint not null default 0 check (attempt >= 0),
  outcome text check (outcome in ('applied', 'rejected')),
  decided_by text,
  decision_reason text,
  decided_at timestamptz,
  primary key (book_id, approval_id),
  foreign key (book_id, proposer) references principals (book_id, principal_id),
  foreign key (book_id, proposer_key) references api_keys (book_id, key_id)
);

select own_table('approvals');
grant update (attempt, outcome, decided_by, decision_reason, decided_at)
  on table approvals to daftar_app;

create index approvals_by_time on approvals (book_id, proposed_at, approval_id);

-- What still waits for another person.
create index approvals_waiting on approvals (book_id, proposed_at, approval_id)
  where outcome is null;
