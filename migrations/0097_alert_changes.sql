-- The life of the alerts, in one order without holes, for whoever follows it. The head's row is locked
-- by whoever changes an alert, so that numbers come in the order in which they are committed.
create table alert_heads (
  book_id int primary key,
  number bigint not null check (number >= 0)
);

select own_table('alert_heads');
grant update (number) on table alert_heads to daftar_app;

create table alert_changes (
  book_id int not null,
  number bigint not null check (number > 0),
  alert_id uuid not null,
  change text not null check (change in ('opened', 'acknowledged', 'resolved', 'reopened')),
  -- As it was then: the alert itself may say something else since.
  severity text not null check (severity in ('info', 'warning', 'critical')),
  owner text not null,
  says text not null,
  at timestamptz not null,
  -- The person who acknowledged it, …
  by text,
  -- … and what they say of it.
  note text check (length(note) between 1 and 500),
  primary key (book_id, number),
  foreign key (book_id, alert_id) references alerts (book_id, alert_id),
  check ((change = 'acknowledged') = (by is not null)),
  check (note is null or by is not null)
);

-- What has happened to one of them.
create index alert_changes_alert_idx on alert_changes (book_id, alert_id, number);

select own_table('alert_changes');
