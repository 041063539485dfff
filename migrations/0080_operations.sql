-- What was asked under an Idempotency-Key and is no command of the log: keys, principals, plans,
-- approvals, webhooks. The row is written in the transaction of the change itself, so that there is
-- never one without the other. It stays for ever and is never changed, but for the reply, which may
-- hold a new key: it is encrypted, and goes after some time.
create table operations (
  book_id int not null,
  operation_id uuid not null,
  fingerprint bytea not null,
  status smallint not null,
  -- What it made: `key/<id>`.
  resource text,
  nonce bytea check (length(nonce) = 24),
  reply bytea,
  recorded_at timestamptz not null,
  primary key (book_id, operation_id),
  check ((nonce is null) = (reply is null))
);

select own_table('operations');
grant update (nonce, reply) on table operations to daftar_app;

-- The replies that are still to go.
create index operations_with_reply on operations (book_id, recorded_at) where reply is not null;
