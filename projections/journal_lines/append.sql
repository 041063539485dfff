-- What the append writes: the statement of write.sql, within append_2.
insert into journal_lines as t (
  book_id, generation, position, line, account, item, side, amount, currency, rules,
  stream_type, stream_id, recorded_at, effective_at)
select p_book, v_generation, r.position, r.line, r.account, r.item, r.side, r.amount,
       r.currency, r.rules, r.stream_type, r.stream_id, r.recorded_at, r.effective_at
  from unnest(p_journal_lines) as r;
