-- Entries that do not balance; without any, the trial balance is zero at every position.
select position, currency, sum(case side when 'debit' then amount else -amount end) as difference
  from daftar.journal_lines
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'journal_lines')
 group by position, currency
having sum(case side when 'debit' then amount else -amount end) <> 0
 order by position, currency
 limit 10000
