-- Top-ups that were asked for at a time or before it and wait for finance, the oldest first.
select request_id, customer_id, currency, claimed, requested_at as since
  from daftar.wallet_requests
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'wallet_requests')
   and state = 'open'
   and kind = 'top_up'
   and requested_at <= $2
 order by requested_at, request_id
 limit $3
