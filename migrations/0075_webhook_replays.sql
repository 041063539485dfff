-- Ranges of the log that a webhook is told of again. Each is worked off in pieces, like the cursor.
create table webhook_replays (
  book_id int not null,
  webhook_id uuid not null,
  replay_id uuid not null,
  from_position bigint not null check (from_position > 0),
  until_position bigint not null,
  -- The last position that is made into a delivery.
  done_position bigint not null,
  made_at timestamptz not null,
  made_by text,
  finished_at timestamptz,
  primary key (book_id, webhook_id, replay_id),
  foreign key (book_id, webhook_id) references webhooks (book_id, webhook_id) on delete cascade
);

create index webhook_replays_open_idx on webhook_replays (book_id, webhook_id)
where finished_at is null;

select own_table('webhook_replays');
grant update (done_position, finished_at) on table webhook_replays to daftar_app;
