select request_id, wallet_id, customer_id, kind, state, currency, claimed, amount, payment_id,
       account, reference, reason, file_id, destination_id, requested_at, decided_at, position
  from daftar.wallet_requests
 where book_id = $1 and generation = $2
 order by request_id
