-- Adds rows to one generation. One that is there already is an error: nothing is written twice.
create function write_journal_lines_1(p_book int, p_generation int, p_rows journal_lines_row[])
returns void
language plpgsql
as $$
begin
  insert into journal_lines as t (
    book_id, generation, position, line, account, item, side, amount, currency, rules,
    stream_type, stream_id, recorded_at, effective_at)
  select p_book, p_generation, r.position, r.line, r.account, r.item, r.side, r.amount,
         r.currency, r.rules, r.stream_type, r.stream_id, r.recorded_at, r.effective_at
    from unnest(p_rows) as r;
end
$$;

select guard_inner_function('write_journal_lines_1(int, int, journal_lines_row[])');
