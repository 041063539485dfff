update order_management
   set current_status = $2, department = $3, phase = $4, released = true, updated_at = $5,
       version = $6, position = $7
 where book_id = 1 and generation = 1 and order_id = $1
