select payment_id, currency, unallocated, position
  from daftar.payments
 where book_id = $1 and generation = $2 and unallocated <> 0
