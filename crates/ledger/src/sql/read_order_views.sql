select order_id, c.status as customer_status, m.current_status as management_status, m.updated_at
  from (select order_id, status
          from daftar.customer_orders
         where book_id = $1
           and generation = (select generation from daftar.book_projections
                              where book_id = $1 and name = 'customer_orders')
           and order_id = any ($2)) as c
  full join (select order_id, current_status, updated_at
               from daftar.order_management
              where book_id = $1
                and generation = (select generation from daftar.book_projections
                                   where book_id = $1 and name = 'order_management')
                and order_id = any ($2)) as m
      using (order_id)
