-- What a gateway signs its callbacks with. The service has to make the same signature, so the secret
-- itself is kept, encrypted with a master key that is kept outside the database. During a rotation two
-- are good: the new one, and the one before it until its end.
create table gateway_secrets (
  book_id int not null,
  gateway text not null,
  secret_id uuid not null,
  nonce bytea not null check (length(nonce) = 24),
  wrapped bytea not null,
  created_at timestamptz not null,
  created_by text,
  -- Good until then; null while it is the newest.
  ends_at timestamptz,
  primary key (book_id, gateway, secret_id),
  foreign key (book_id, gateway) references gateways (book_id, gateway)
);

-- One newest at a time: two rotations at once are one after the other.
create unique index gateway_secrets_newest_idx on gateway_secrets (book_id, gateway)
where ends_at is null;

select own_table('gateway_secrets');
grant update (ends_at) on table gateway_secrets to daftar_app;
