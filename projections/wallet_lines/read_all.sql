select wallet_id, sequence, kind, source, currency, amount, balance, order_id, payment_id,
       receipt_id, reason, recorded_at, position
  from daftar.wallet_lines
 where book_id = $1 and generation = $2
 order by wallet_id, sequence
