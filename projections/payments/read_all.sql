select payment_id, kind, account, reference, gateway, gateway_id, transferred_on, note,
       customer_id, currency, amount, unallocated, corrected, reversed, held, held_account,
       matched_line, fee, recorded_at, version, position
  from daftar.payments
 where book_id = $1 and generation = $2
 order by payment_id
