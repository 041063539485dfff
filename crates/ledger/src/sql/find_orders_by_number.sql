select order_id, epoch
  from daftar.customer_orders
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'customer_orders')
   and number = $2
 order by order_id
