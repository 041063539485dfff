-- An outer append as small as can be.
create function append_test_1(
  p_book int,
  p_expected_revision bigint,
  p_reader_format int,
  p_writer_format int,
  p_fold_set text,
  p_position bigint,
  p_hash bytea,
  p_recorded_at timestamptz,
  p_events event_row[],
  p_commands command_row[],
  p_notes note_row[]
) returns text
language plpgsql
as $$
declare
  v_answer text;
begin
  v_answer := append_events_1(p_book, p_expected_revision, p_reader_format, p_writer_format,
                              p_fold_set, p_position, p_hash, p_recorded_at, p_events, p_commands);
  if v_answer = 'ok' then
    insert into notes (book_id, id, position)
    select p_book, n.id, n.position from unnest(p_notes) as n
    on conflict (book_id, id) do update set position = excluded.position;
  end if;
  return v_answer;
end
$$;

select guard_function(
  'append_test_1(int, bigint, int, int, text, bigint, bytea, timestamptz, event_row[], command_row[], note_row[])');

create function switch_test_1(p_book int, p_revision bigint, p_name text, p_generation int, p_fold int)
returns boolean
language sql
as $$
  select set_generation_1(p_book, p_revision, p_name, p_generation, p_fold)
$$;

select guard_function('switch_test_1(int, bigint, text, int, int)');

create function drop_test_1(p_book int, p_revision bigint, p_name text)
returns boolean
language sql
as $$
  select drop_projection_1(p_book, p_revision, p_name)
$$;

select guard_function('drop_test_1(int, bigint, text)');
