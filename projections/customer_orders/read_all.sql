select order_id, number, series, counter, epoch, customer_id, status, payment_status,
       payment_method, currency, total, paid, placed_at, deadline, version, position
  from daftar.customer_orders
 where book_id = $1 and generation = $2
 order by order_id
