-- Orders that came into one of these phases at a time or before it and are in it still, those that
-- wait longest first. A phase counts from the first event that led to it: a note, a hold or a reminder
-- makes no order young again. Only open orders are looked at, and of each its own few entries.
select m.order_id, m.number, m.phase, m.department, m.customer_id, m.due, m.currency,
       m.on_hold_departments, entered.since
  from daftar.order_management as m
 cross join lateral (
       select min(t.recorded_at) as since
         from daftar.timeline as t
        where t.book_id = $1
          and t.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'timeline')
          and t.order_id = m.order_id
          and t.phase = m.phase
          and t.position > coalesce(
                (select max(o.position)
                   from daftar.timeline as o
                  where o.book_id = $1
                    and o.generation = (select generation from daftar.book_projections
                                         where book_id = $1 and name = 'timeline')
                    and o.order_id = m.order_id
                    and o.phase <> m.phase), 0)
       ) as entered
 where m.book_id = $1
   and m.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'order_management')
   and m.is_open
   and m.phase = any ($2)
   and entered.since <= $3
 order by entered.since, m.order_id
 limit $4
