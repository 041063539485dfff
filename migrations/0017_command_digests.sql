-- What tells that a decision stands as it was recorded: SHA-256 over every column, each optional one
-- with a byte in front that says whether it is there, each of varying length with its length. Of the
-- reply it takes the SHA-256 of the very bytes, or that there is none.
alter table commands add column digest bytea;

create function command_digest_1(
  p_book int,
  p_command_id uuid,
  p_revision bigint,
  p_fingerprint bytea,
  p_status smallint,
  p_resource text,
  p_version bigint,
  p_position bigint,
  p_reply json,
  p_recorded_at timestamptz
) returns bytea
language sql
immutable
as $$
  select sha256(
    '\x01'::bytea
    || int4send(p_book)
    || uuid_send(p_command_id)
    || int8send(p_revision)
    || int4send(octet_length(p_fingerprint)) || p_fingerprint
    || int2send(p_status)
    || coalesce('\x01'::bytea || int4send(octet_length(convert_to(p_resource, 'UTF8')))
                || convert_to(p_resource, 'UTF8'), '\x00'::bytea)
    || coalesce('\x01'::bytea || int8send(p_version), '\x00'::bytea)
    || coalesce('\x01'::bytea || int8send(p_position), '\x00'::bytea)
    || timestamptz_send(p_recorded_at)
    || coalesce('\x01'::bytea || sha256(convert_to(p_reply::text, 'UTF8')), '\x00'::bytea))
$$;

select guard_inner_function(
  'command_digest_1(int, uuid, bigint, bytea, smallint, text, bigint, bigint, json, timestamptz)');

-- The append writes it. Whoever appends makes it, as every verification does: here it would cost more than
-- the row.
create or replace function append_events_1(
  p_book int,
  p_expected_revision bigint,
  p_reader_format int,
  p_writer_format int,
  p_fold_set text,
  p_position bigint,
  p_hash bytea,
  p_recorded_at timestamptz,
  p_events event_row[],
  p_commands command_row[]
) returns text
language plpgsql
as $$
declare
  v_count int := cardinality(p_events);
  v_base bigint := p_position - v_count;
  v_head books%rowtype;
begin
  update books
     set revision = revision + 1,
         position = p_position,
         hash = p_hash,
         recorded_at = case when v_count > 0 then p_recorded_at else recorded_at end
   where book_id = p_book
     and revision = p_expected_revision
     and position = v_base
     and recorded_at <= p_recorded_at
     and (v_count > 0 or hash = p_hash)
     and min_reader <= p_reader_format
     and writer_format <= p_writer_format
     and fold_set = p_fold_set;

  if not found then
    select * into v_head from books where book_id = p_book;
    if not found then
      raise exception 'there is no book %', p_book using errcode = 'no_data_found';
    end if;
    if v_head.min_reader > p_reader_format or v_head.writer_format > p_writer_format then
      return 'format';
    end if;
    if v_head.fold_set <> p_fold_set then
      return 'fold';
    end if;
    if v_head.revision <> p_expected_revision then
      return 'moved';
    end if;
    raise exception 'the batch does not continue book % at revision %', p_book, p_expected_revision
      using errcode = 'integrity_constraint_violation';
  end if;

  if v_count > 0 then
    insert into events (book_id, position, aggregate_type, aggregate_id, sequence, event_id,
                        event_type, event_version, payload, metadata, recorded_at, effective_at,
                        command_id, hash)
    select p_book, v_base + e.ordinality, e.aggregate_type, e.aggregate_id, e.sequence, e.event_id,
           e.event_type, e.event_version, e.payload, e.metadata, p_recorded_at, e.effective_at,
           e.command_id, e.hash
      from unnest(p_events) with ordinality as e;
  end if;

  if cardinality(p_commands) > 0 then
    insert into commands (book_id, command_id, revision, fingerprint, status, resource, version,
                          position, reply, recorded_at, digest)
    select p_book, c.command_id, p_expected_revision + 1, c.fingerprint, c.status, c.resource,
           c.version, c.position, c.reply, p_recorded_at, c.digest
      from unnest(p_commands) as c;
  end if;

  return 'ok';
end
$$;

select guard_inner_function(
  'append_events_1(int, bigint, int, int, text, bigint, bytea, timestamptz, event_row[], command_row[])');

-- Once the reply is gone, the digest is that of a record without one.
create or replace function expire_replies_1(p_book int, p_before timestamptz, p_limit int) returns int
language plpgsql
as $$
declare
  v_from bigint;
  v_to bigint;
  v_count int;
begin
  insert into expired_replies (book_id, revision) values (p_book, 0)
  on conflict (book_id) do nothing;
  select revision into v_from from expired_replies where book_id = p_book for update;

  -- The longest run of batches that were all recorded before.
  select coalesce(min(revision) filter (where recorded_at >= p_before) - 1, max(revision))
    into v_to
    from (select revision, recorded_at
            from commands
           where book_id = p_book and revision > v_from
           order by revision
           limit p_limit) as piece;
  if v_to is null or v_to <= v_from then
    return 0;
  end if;

  update commands
     set reply = null,
         digest = command_digest_1(book_id, command_id, revision, fingerprint, status, resource,
                                   version, position, null, recorded_at)
   where book_id = p_book and revision > v_from and revision <= v_to;
  get diagnostics v_count = row_count;
  update expired_replies set revision = v_to where book_id = p_book;
  return v_count;
end
$$;

select guard_function('expire_replies_1(int, timestamptz, int)');
