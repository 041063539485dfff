select b.position as head_position, t.*
  from daftar.books as b
  left join lateral (
       select payment_id, kind, account, reference, gateway, gateway_id, transferred_on, note,
              customer_id, currency, amount, unallocated, corrected, recorded_at, version,
              position
         from daftar.payments
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'payments')
          and unallocated > 0
          and ($2::uuid is null or payment_id > $2)
        order by payment_id
        limit $3
       ) as t on true
 where b.book_id = $1
 order by t.payment_id
