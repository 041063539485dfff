-- Money that came in before a time and has no order or wallet yet, the oldest first: the index of what
-- is left holds nothing else.
select payment_id, kind, account, reference, gateway, gateway_id, note, customer_id, currency, amount,
       unallocated, recorded_at
  from daftar.payments
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'payments')
   and unallocated > 0
   and recorded_at < $2
 order by recorded_at, payment_id
 limit $3
