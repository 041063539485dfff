select currency,
       coalesce(trim_scale(sum(amount) filter (where side = 'debit')), 0) as debits,
       coalesce(trim_scale(sum(amount) filter (where side = 'credit')), 0) as credits
  from daftar.journal_lines
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'journal_lines')
 group by currency
 order by currency
