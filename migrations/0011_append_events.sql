-- Moves the head by compare-and-set and, only if it stood where the writer thought, writes events
-- and decisions. A function and not one statement with CTEs: those lock other rows before they wait
-- for the head, which deadlocks with maintenance. An outer function calls it and, on 'ok', writes
-- the read models; the application cannot call it and so cannot leave them out.
create function append_events_1(
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
                          position, reply, recorded_at)
    select p_book, c.command_id, p_expected_revision + 1, c.fingerprint, c.status, c.resource,
           c.version, c.position, c.reply, p_recorded_at
      from unnest(p_commands) as c;
  end if;

  return 'ok';
end
$$;

select guard_inner_function(
  'append_events_1(int, bigint, int, int, text, bigint, bytea, timestamptz, event_row[], command_row[])');
