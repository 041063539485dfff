select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select order_id, number, series, counter, epoch, customer_id, status, payment_status,
              payment_method, currency, total, paid, placed_at, deadline, version, position
         from daftar.customer_orders
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'customer_orders')
          and customer_id = $2
          and ($3::timestamptz is null
               or placed_at <= $3 and (placed_at < $3 or order_id > $4))
        order by placed_at desc, order_id
        limit $5
       ) as t on true
 where b.book_id = $1
 order by t.placed_at desc, t.order_id
