-- The log. It holds the columns of the postgres-es table under their own names, and is append-only
-- for everyone. json, not jsonb: jsonb would not keep the very bytes that were hashed.
create table events (
  book_id int not null,
  position bigint not null check (position > 0),
  aggregate_type text not null,
  aggregate_id text not null,
  sequence bigint not null check (sequence > 0),
  event_id uuid not null,
  event_type text not null,
  event_version text not null,
  payload json not null,
  metadata json not null,
  recorded_at timestamptz not null,
  effective_at timestamptz not null,
  command_id uuid not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (book_id, position),
  -- Two writers may decide from the same version; only one may append.
  constraint events_stream_sequence_key unique (book_id, aggregate_type, aggregate_id, sequence)
);

select guard_view('events');

create trigger never_changes
  before update or delete or truncate on events
  for each statement execute function refuse_change();
alter table events enable always trigger never_changes;
revoke update, delete on table events from daftar_writer;

-- What an append sends of an event; the function knows the rest.
create type event_row as (
  aggregate_type text,
  aggregate_id text,
  sequence bigint,
  event_id uuid,
  event_type text,
  event_version text,
  payload json,
  metadata json,
  effective_at timestamptz,
  command_id uuid,
  hash bytea
);
alter type event_row owner to daftar_owner;
