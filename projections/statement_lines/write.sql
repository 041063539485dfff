-- Writes rows of one generation. A key stands in a batch once, in its last state. What its first
-- event alone knows is kept.
create function write_statement_lines_1(p_book int, p_generation int, p_rows statement_lines_row[])
returns void
language plpgsql
as $$
begin
  insert into statement_lines as t (
    book_id, generation, line_id, account, line, date, currency, amount, reference, matched, fee,
    recorded_at, version, position)
  select p_book, p_generation, r.line_id, r.account, r.line, r.date, r.currency, r.amount,
         r.reference, r.matched, r.fee, r.recorded_at, r.version, r.position
    from unnest(p_rows) as r
  on conflict (book_id, generation, line_id)
  do update set
    account = excluded.account, line = excluded.line, date = excluded.date,
    currency = excluded.currency, amount = excluded.amount, reference = excluded.reference,
    matched = excluded.matched, fee = excluded.fee,
    recorded_at = coalesce(excluded.recorded_at, t.recorded_at), version = excluded.version,
    position = excluded.position;
end
$$;

select guard_inner_function('write_statement_lines_1(int, int, statement_lines_row[])');
