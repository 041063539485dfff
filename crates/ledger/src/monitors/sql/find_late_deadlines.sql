-- What fell due at a time or before it and stands there still, the most overdue first.
select d.order_id, d.kind, d.due_at, d.set_by, m.number, m.phase, m.department, m.customer_id
  from daftar.deadlines as d
  left join daftar.order_management as m
    on m.book_id = d.book_id
   and m.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'order_management')
   and m.order_id = d.order_id
 where d.book_id = $1
   and d.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'deadlines')
   and d.due_at <= $2
 order by d.due_at, d.order_id
 limit $3
