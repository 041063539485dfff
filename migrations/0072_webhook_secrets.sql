-- What a webhook's messages are signed with, encrypted with a master key that is kept outside the
-- database. During a rotation two are good, and a message bears the signatures of both.
create table webhook_secrets (
  book_id int not null,
  webhook_id uuid not null,
  secret_id uuid not null,
  nonce bytea not null check (length(nonce) = 24),
  wrapped bytea not null,
  created_at timestamptz not null,
  created_by text,
  -- Good until then; null while it is the newest.
  ends_at timestamptz,
  primary key (book_id, webhook_id, secret_id),
  foreign key (book_id, webhook_id) references webhooks (book_id, webhook_id) on delete cascade
);

-- One newest at a time: two rotations at once are one after the other.
create unique index webhook_secrets_newest_idx on webhook_secrets (book_id, webhook_id)
where ends_at is null;

select own_table('webhook_secrets');
grant update (ends_at) on table webhook_secrets to daftar_app;
grant delete on table webhook_secrets to daftar_app;
