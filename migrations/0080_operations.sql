-- What was asked under an Idempotency-Key and is no command of the log: keys, principals, plans,
-- approvals, webhooks. The row is written in the transaction of the change itself, so that there is
-- never one without the other: first without an answer (status 0), which makes whoever asks at the
-- same time wait, then with it. It stays for ever, and once it has its answer it is never changed,
-- but for the reply, which may hold a new key: it is encrypted, and goes after some time.
create table operations (
  book_id int not null,
  operation_id uuid not null,
  fingerprint bytea not null,
  -- 0 as long as its transaction is open, and no longer.
  status smallint not null,
  -- What it made or changed: `key/<id>`.
  resource text,
  -- The version that this has, and the position at which it was so, where it has them.
  version bigint,
  position bigint,
  nonce bytea check (length(nonce) = 24),
  reply bytea,
  recorded_at timestamptz not null,
  primary key (book_id, operation_id),
  check ((nonce is null) = (reply is null))
);

select own_table('operations');
grant update (status, resource, version, position, nonce, reply) on table operations to daftar_app;

create trigger answered_once
  before update of status, resource, version, position on operations
  for each row when (old.status <> 0) execute function refuse_change();
alter table operations enable always trigger answered_once;

-- The replies that are still to go.
create index operations_with_reply on operations (book_id, recorded_at) where reply is not null;
