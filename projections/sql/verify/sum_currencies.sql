select currency,
       coalesce(trim_scale(sum(amount) filter (where side = 'debit')), 0) as debits,
       coalesce(trim_scale(sum(amount) filter (where side = 'credit')), 0) as credits
  from daftar.journal_lines
 where book_id = $1 and generation = $2 and position <= $3
 group by currency
 order by currency
