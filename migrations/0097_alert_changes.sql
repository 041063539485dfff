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
  says text not null,
  at timestamptz not null,
  -- The person who acknowledged it.
  by text,
  primary key (book_id, number),
  foreign key (book_id, alert_id) references alerts (book_id, alert_id),
  check ((change = 'acknowledged') = (by is not null))
);

select own_table('alert_changes');
