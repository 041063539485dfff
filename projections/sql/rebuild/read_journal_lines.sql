select position, line, account, item, side, amount, currency, rules, stream_type, stream_id,
       recorded_at, effective_at
  from daftar.journal_lines
 where book_id = $1
   and generation = $2
   and position = any ($3)
