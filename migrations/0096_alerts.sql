-- What somebody should look at: one row for each thing that a monitor watches and that was ever in
-- trouble. It is opened, acknowledged, resolved, and opened again; it is never an event of the book.
create table alerts (
  book_id int not null,
  alert_id uuid not null,
  monitor text not null check (monitor ~ '^[a-z][a-z0-9-]*$'),
  -- What is in trouble: order/<id>, view/customer_orders, webhook/<id>, book.
  subject text not null check (length(subject) between 1 and 200),
  severity text not null check (severity in ('info', 'warning', 'critical')),
  -- The department that sees to it.
  owner text not null,
  -- One line for people.
  says text not null check (length(says) between 1 and 2000),
  -- json, since it is read back whole and may quote a text that jsonb refuses.
  evidence json not null,
  times_opened int not null check (times_opened > 0),
  opened_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  resolved_at timestamptz,
  -- Its last change, see alert_changes.
  number bigint not null,
  primary key (book_id, alert_id),
  unique (book_id, monitor, subject),
  check ((acknowledged_at is null) = (acknowledged_by is null))
) with (fillfactor = 70);

-- Those that are open: a handful of rows.
create index alerts_open_idx on alerts (book_id, monitor, subject) where resolved_at is null;

create index alerts_number_idx on alerts (book_id, number);

select own_table('alerts');
grant update (severity, owner, says, evidence, times_opened, opened_at, acknowledged_at,
  acknowledged_by, resolved_at, number) on table alerts to daftar_app;
