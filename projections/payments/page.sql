select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select payment_id, kind, account, reference, gateway, gateway_id, transferred_on, note,
              customer_id, currency, amount, unallocated, corrected, reversed, held,
              held_account, matched_line, fee, recorded_at, version, position
         from daftar.payments
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'payments')
          and ($2::boolean is null or (unallocated > 0) = $2)
          and ($3::uuid is null or payment_id > $3)
        order by payment_id
        limit $4
       ) as t on true
 where b.book_id = $1
 order by t.payment_id
