-- Keys of principals. The secret is not here, only its SHA-256: it is shown once.
create table api_keys (
  book_id int not null,
  key_id text not null,
  principal_id text not null,
  secret_hash bytea not null check (length(secret_hash) = 32),
  -- The customers that the key is limited to; null for all.
  customers text[],
  created_at timestamptz not null,
  created_by text,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (book_id, key_id),
  foreign key (book_id, principal_id) references principals (book_id, principal_id)
) with (fillfactor = 70);

select own_table('api_keys');
grant update (last_used_at, revoked_at) on table api_keys to daftar_app;
