-- Each end of its own index: numbers allotted here, and those taken over.
select greatest(
  (select max(counter)
     from daftar.customer_orders
    where book_id = $1
      and generation = (select generation from daftar.book_projections
                         where book_id = $1 and name = 'customer_orders')
      and series = $2
      and epoch is null),
  (select max(counter)
     from daftar.customer_orders
    where book_id = $1
      and generation = (select generation from daftar.book_projections
                         where book_id = $1 and name = 'customer_orders')
      and series = $2
      and epoch is not null),
  0)
