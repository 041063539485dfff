(select position, line from daftar.journal_lines
  where book_id = $1 and generation = $2 and position > $3
  order by position, line
  limit 10000)
 union all
(select position, line from daftar.journal_lines
  where book_id = $1 and generation = $2 and position <= 0
  order by position, line
  limit 10000)
