-- Each message to each webhook: one row an event, whose id follows from the two, so that a retry and a
-- replay are the same message. A node that attempts one claims it for a while; if the node dies, the
-- claim ends and another takes it.
create table webhook_deliveries (
  book_id int not null,
  webhook_id uuid not null,
  delivery_id uuid not null,
  -- The event's; 0 for a test, which is of none.
  position bigint not null check (position >= 0),
  event_type text not null,
  made_at timestamptz not null,
  state text not null check (state in ('pending', 'delivered', 'failed')),
  -- Attempts since it was made or made anew: what the schedule goes by.
  tries int not null default 0,
  -- All attempts.
  attempts int not null default 0,
  next_attempt_at timestamptz,
  claim_id uuid,
  claimed_until timestamptz,
  finished_at timestamptz,
  last_status int,
  last_error text,
  primary key (book_id, webhook_id, delivery_id),
  foreign key (book_id, webhook_id) references webhooks (book_id, webhook_id),
  check ((state = 'pending') = (next_attempt_at is not null))
);

create index webhook_deliveries_due_idx
on webhook_deliveries (book_id, webhook_id, next_attempt_at)
where state = 'pending';

create index webhook_deliveries_order_idx
on webhook_deliveries (book_id, webhook_id, position, delivery_id)
where state = 'pending';

create index webhook_deliveries_log_idx
on webhook_deliveries (book_id, webhook_id, made_at, position, delivery_id);

create index webhook_deliveries_failed_idx
on webhook_deliveries (book_id, webhook_id, made_at, position, delivery_id)
where state = 'failed';

-- What is swept once it is old.
create index webhook_deliveries_ended_idx
on webhook_deliveries (book_id, coalesce(finished_at, made_at))
where state <> 'pending';

select own_table('webhook_deliveries');
grant update (made_at, state, tries, attempts, next_attempt_at, claim_id, claimed_until, finished_at,
  last_status, last_error) on table webhook_deliveries to daftar_app;
grant delete on table webhook_deliveries to daftar_app;
