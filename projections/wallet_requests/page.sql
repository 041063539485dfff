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
          and ($2::text is null or state = $2)
          and ($3::text is null or kind = $3)
          and ($4::text[] is null or customer_id = any($4))
          and ($5::timestamptz is null or (requested_at, request_id) > ($5, $6))
        order by requested_at, request_id
        limit $7
       ) as t on true
 where b.book_id = $1
 order by t.requested_at, t.request_id
