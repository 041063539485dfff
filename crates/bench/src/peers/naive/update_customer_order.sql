update customer_orders set status = $2, version = $3, position = $4
 where book_id = 1 and generation = 1 and order_id = $1
