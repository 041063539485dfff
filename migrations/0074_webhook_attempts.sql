-- What came of each attempt to deliver.
create table webhook_attempts (
  book_id int not null,
  webhook_id uuid not null,
  delivery_id uuid not null,
  attempt int not null,
  attempted_at timestamptz not null,
  duration_ms bigint not null check (duration_ms >= 0),
  -- None if there was no answer.
  status int,
  error text,
  -- The beginning of the answer.
  excerpt text check (length(excerpt) <= 1024),
  primary key (book_id, webhook_id, delivery_id, attempt),
  foreign key (book_id, webhook_id, delivery_id)
    references webhook_deliveries (book_id, webhook_id, delivery_id) on delete cascade
);

select own_table('webhook_attempts');
