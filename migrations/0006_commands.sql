-- Every decided command, accepted or refused: asking again gets the same answer, and a refusal
-- stands as firmly as an acceptance.
create table commands (
  book_id int not null,
  command_id uuid not null,
  revision bigint not null check (revision > 0),
  fingerprint bytea not null,
  status smallint not null,
  resource text,
  version bigint,
  position bigint,
  reply json,
  recorded_at timestamptz not null,
  primary key (book_id, command_id)
);

select guard_view('commands');

create type command_row as (
  command_id uuid,
  fingerprint bytea,
  status smallint,
  resource text,
  version bigint,
  position bigint,
  reply json,
  digest bytea
);
alter type command_row owner to daftar_owner;
