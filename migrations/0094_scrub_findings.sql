-- What the scrubber found, written down as it is found. A finding is known again by what it is about:
-- it is named after that. One that a later lap no longer sees is gone, and comes back under its name.
create table scrub_findings (
  book_id int not null,
  finding_id uuid not null,
  check_name text not null,
  subject text not null,
  view text,
  -- One line for people.
  says text not null,
  -- json, since it is read back whole and may quote a text that jsonb refuses.
  evidence json not null,
  found_at timestamptz not null,
  -- The last lap that saw it.
  lap bigint not null,
  gone_at timestamptz,
  -- When its row was written anew, if it was.
  repaired_at timestamptz,
  primary key (book_id, finding_id)
) with (fillfactor = 70);

create index scrub_findings_open_idx on scrub_findings (book_id, found_at, finding_id)
  where gone_at is null;

select own_table('scrub_findings');
grant update (says, evidence, found_at, lap, gone_at, repaired_at) on table scrub_findings
  to daftar_app;
grant delete on table scrub_findings to daftar_app;
