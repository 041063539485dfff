select position, line, account, item, side, amount, currency
  from daftar.journal_lines
 where book_id = $1 and generation = $2 and position > $3 and position <= $4
 order by position, line
