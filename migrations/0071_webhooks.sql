-- Addresses that are told of the book's events. Each has a cursor of its own: whatever comes after it
-- has yet to be made into deliveries. The hash names the history that the position stands in.
create table webhooks (
  book_id int not null,
  webhook_id uuid not null,
  url text not null check (length(url) between 1 and 2048),
  -- Null: all of them.
  event_types text[] check (cardinality(event_types) between 1 and 200),
  description text check (length(description) <= 500),
  created_at timestamptz not null,
  created_by text,
  cursor_position bigint not null check (cursor_position >= 0),
  cursor_hash bytea not null check (length(cursor_hash) = 32),
  -- Since when every attempt failed; null after one that did not.
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_by text,
  disabled_reason text check (disabled_reason in ('by_hand', 'gone', 'failing', 'diverged')),
  -- Deleted for everyone at once; the rows go in pieces.
  deleted_at timestamptz,
  primary key (book_id, webhook_id),
  check ((disabled_at is null) = (disabled_reason is null))
) with (fillfactor = 70);

select own_table('webhooks');
grant update (url, event_types, description, cursor_position, cursor_hash, failing_since,
  disabled_at, disabled_by, disabled_reason, deleted_at) on table webhooks to daftar_app;
grant delete on table webhooks to daftar_app;
