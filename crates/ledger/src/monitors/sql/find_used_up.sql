-- Which of these payments have nothing left to give.
select payment_id, account, reference, currency, amount, corrected, reversed
  from daftar.payments
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'payments')
   and payment_id = any ($2)
   and unallocated = 0
