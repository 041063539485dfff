-- An order that is over, with nothing owed, has its money recognised or given back.
select order_id, held, position
  from daftar.order_management
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'order_management')
   and held <> 0
   and (phase in ('cancelled', 'expired')
        or phase in ('delivered', 'completed', 'returned') and owed = 0)
 order by order_id
 limit 10000
