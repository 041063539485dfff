select version from order_management
 where book_id = 1 and generation = 1 and order_id = $1
   for no key update
