-- Both indexes end with the counter, so each half reads one entry.
select greatest(
  (select max(counter) from customer_orders
   where book_id = $1
     and generation = (select generation from book_projections
                       where book_id = $1 and name = 'customer_orders')
     and series = $2 and epoch is null),
  (select max(counter) from customer_orders
   where book_id = $1
     and generation = (select generation from book_projections
                       where book_id = $1 and name = 'customer_orders')
     and series = $2 and epoch is not null))
