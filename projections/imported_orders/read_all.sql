select order_id, number, epoch, customer_id, customer_status, payment_status, management_status,
       payment_method, old_rows, classes, findings, debits, currency, total, proven, stage,
       placed_at, recorded_at, position
  from daftar.imported_orders
 where book_id = $1 and generation = $2
 order by order_id
