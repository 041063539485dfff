select line_id, account, line, date, currency, amount, reference, matched, fee, recorded_at,
       version, position
  from daftar.statement_lines
 where book_id = $1 and generation = $2
 order by line_id
