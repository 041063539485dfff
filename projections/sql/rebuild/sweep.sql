-- Deletes what nobody reads in some blocks of a read model's table: the book's rows of every generation
-- that is neither live nor kept. The live one is looked up here, and held for as long as this takes: a
-- switch waits for it, and nobody else does. Says how many rows it was.
create function sweep_1(
  p_book int,
  p_view text,
  p_first_block bigint,
  p_blocks bigint,
  p_kept int[]
) returns bigint
language plpgsql
as $$
declare
  v_table regclass := view_table_1(p_view);
  v_from tid := format('(%s,0)', p_first_block)::tid;
  v_until tid := format('(%s,0)', p_first_block + p_blocks)::tid;
  v_live int;
  v_count bigint;
begin
  select generation into v_live
    from book_projections where book_id = p_book and name = p_view for share;
  execute format(
    'delete from %s
      where ctid >= $1 and ctid < $2
        and book_id = $3 and generation <> $4 and generation <> all ($5)', v_table)
    using v_from, v_until, p_book, coalesce(v_live, 0), p_kept;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

select guard_function('sweep_1(int, text, bigint, bigint, int[])');
