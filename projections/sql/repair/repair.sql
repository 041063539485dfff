-- Writes rows that readers see anew, by what the fold makes of the events: an append with no events,
-- which moves the revision by compare-and-set, so that it is of one moment and no writer's batch is
-- decided beside it. The rows of these keys go; of those that are given, each stands there afterwards.
-- What stood there is recorded. Lines of the journal are what money is counted by: never written anew.
create function repair_1(
  p_book int,
  p_expected_revision bigint,
  p_reader_format int,
  p_writer_format int,
  p_fold_set text,
  p_position bigint,
  p_hash bytea,
  p_recorded_at timestamptz,
  p_at timestamptz,
  p_by text,
  p_view text,
  p_key text[],
  p_keys json,
  p_rows anyarray
) returns text
language plpgsql
as $$
declare
  v_table regclass := view_table_1(p_view);
  v_generation int;
  v_answer text;
  v_is_same text := (
    select string_agg(format('t.%1$I = k.%1$I', c.name), ' and ') from unnest(p_key) as c (name));
  -- Amounts as text, as they are shown everywhere: a number would be read as a float.
  v_columns text := (
    select string_agg(
             format(case when a.atttypid = 'numeric'::regtype then '%L, trim_scale(t.%I)::text'
                         else '%L, t.%I' end, a.attname, a.attname),
             ', ' order by a.attnum)
      from pg_attribute as a
     where a.attrelid = v_table and a.attnum > 0 and not a.attisdropped
       and a.attname not in ('book_id', 'generation'));
  v_read text;
  v_before jsonb[];
  v_after jsonb[];
begin
  if p_view = 'journal_lines' then
    raise exception 'a line of the journal is never written anew'
      using errcode = 'insufficient_privilege';
  end if;
  v_answer := append_events_1(
    p_book, p_expected_revision, p_reader_format, p_writer_format, p_fold_set, p_position, p_hash,
    p_recorded_at, '{}', '{}');
  if v_answer <> 'ok' then
    return v_answer;
  end if;
  select generation into strict v_generation
    from book_projections where book_id = p_book and name = p_view;

  v_read := format(
    'select array_agg((select jsonb_build_object(%s)
                         from %s as t
                        where t.book_id = $1 and t.generation = $2 and %s)
                      order by k.ordinality)
       from json_populate_recordset(null::%I, $3) with ordinality as k',
    v_columns, v_table, v_is_same, p_view || '_row');
  execute v_read into v_before using p_book, v_generation, p_keys;
  execute format(
    'delete from %s as t
      using json_populate_recordset(null::%I, $3) as k
      where t.book_id = $1 and t.generation = $2 and %s',
    v_table, p_view || '_row', v_is_same)
    using p_book, v_generation, p_keys;
  if cardinality(p_rows) > 0 then
    execute format('select %I($1, $2, $3)', 'write_' || p_view || '_1')
      using p_book, v_generation, p_rows;
  end if;
  execute v_read into v_after using p_book, v_generation, p_keys;

  insert into repairs (book_id, repair_id, revision, view, key, before, after, position, at, by)
  select p_book, gen_random_uuid(), p_expected_revision + 1, p_view, k.key,
         v_before[k.ordinality], v_after[k.ordinality], p_position, p_at, p_by
    from json_array_elements(p_keys) with ordinality as k (key, ordinality)
   where v_before[k.ordinality] is distinct from v_after[k.ordinality];
  return 'ok';
end
$$;

select guard_function(
  'repair_1(int, bigint, int, int, text, bigint, bytea, timestamptz, timestamptz, text, text, text[], json, anyarray)');
