select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select order_id, number, series, counter, epoch, customer_id, status, payment_status,
              payment_method, currency, total, paid, placed_at, deadline, version, position
         from daftar.customer_orders
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'customer_orders')
          and order_id = $2
       ) as t on true
 where b.book_id = $1
