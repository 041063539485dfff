select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select request_id, wallet_id, customer_id, kind, state, currency, claimed, amount,
              payment_id, account, reference, reason, file_id, destination_id,
              requested_at, decided_at, position
         from daftar.wallet_requests
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'wallet_requests')
          and request_id = $2
       ) as t on true
 where b.book_id = $1
