-- What the append writes: the statement of write.sql, within append_2.
insert into statement_lines as t (
  book_id, generation, line_id, account, line, date, currency, amount, reference, matched, fee,
  recorded_at, version, position)
select p_book, v_generation, r.line_id, r.account, r.line, r.date, r.currency, r.amount,
       r.reference, r.matched, r.fee, r.recorded_at, r.version, r.position
  from unnest(p_statement_lines) as r
on conflict (book_id, generation, line_id)
do update set
  account = excluded.account, line = excluded.line, date = excluded.date,
  currency = excluded.currency, amount = excluded.amount, reference = excluded.reference,
  matched = excluded.matched, fee = excluded.fee,
  recorded_at = coalesce(excluded.recorded_at, t.recorded_at), version = excluded.version,
  position = excluded.position;
