select order_id, currency, held, position
  from daftar.order_management
 where book_id = $1 and generation = $2 and held <> 0
