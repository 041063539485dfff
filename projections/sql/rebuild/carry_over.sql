-- Puts the rows that readers see of some streams in place of those that a generation has of them: of
-- streams that cannot be folded. They are found by one column; where rows of several kinds of streams
-- stand together, by the kind too. Says how many rows it was.
create function carry_over_1(
  p_book int,
  p_view text,
  p_generation int,
  p_column text,
  p_types text[],
  p_ids uuid[]
) returns bigint
language plpgsql
as $$
declare
  v_table regclass := view_table_1(p_view);
  v_live int := (select generation from book_projections where book_id = p_book and name = p_view);
  v_columns text := (
    select string_agg(quote_ident(attname), ', ' order by attnum)
      from pg_attribute
     where attrelid = v_table and attnum > 0 and not attisdropped
       and attname not in ('book_id', 'generation'));
  v_is_theirs text := format('%I = any ($3)', p_column);
  v_count bigint;
begin
  if v_live >= p_generation then
    raise exception 'generation % of % is not above the live one', p_generation, p_view
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if p_types is not null then
    v_is_theirs := v_is_theirs
      || ' and (stream_type, stream_id) in (select * from unnest($4, $3))';
  end if;
  execute format('delete from %s where book_id = $1 and generation = $2 and %s',
                 v_table, v_is_theirs)
    using p_book, p_generation, p_ids, p_types;
  execute format('insert into %s (book_id, generation, %s)
                  select book_id, $5, %s from %s where book_id = $1 and generation = $2 and %s',
                 v_table, v_columns, v_columns, v_table, v_is_theirs)
    using p_book, v_live, p_ids, p_types, p_generation;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

select guard_function('carry_over_1(int, text, int, text, text[], uuid[])');

-- Adds the rows that readers see of some events to those that a generation has none of yet. They are
-- found by the table's own key, so that nobody waits for a look at all rows: by the position, or by
-- the order with it. Says how many rows it was.
create function carry_over_at_1(
  p_book int,
  p_view text,
  p_generation int,
  p_positions bigint[],
  p_orders uuid[]
) returns bigint
language plpgsql
as $$
declare
  v_table regclass := view_table_1(p_view);
  v_live int := (select generation from book_projections where book_id = p_book and name = p_view);
  v_columns text := (
    select string_agg(quote_ident(attname), ', ' order by attnum)
      from pg_attribute
     where attrelid = v_table and attnum > 0 and not attisdropped
       and attname not in ('book_id', 'generation'));
  v_is_theirs text := 'position = any ($3)';
  v_count bigint;
begin
  if v_live >= p_generation then
    raise exception 'generation % of % is not above the live one', p_generation, p_view
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  if p_orders is not null then
    v_is_theirs := '(order_id, position) in (select * from unnest($4, $3))';
  end if;
  execute format('insert into %s (book_id, generation, %s)
                  select book_id, $5, %s from %s where book_id = $1 and generation = $2 and %s',
                 v_table, v_columns, v_columns, v_table, v_is_theirs)
    using p_book, v_live, p_positions, p_orders, p_generation;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

select guard_function('carry_over_at_1(int, text, int, bigint[], uuid[])');
