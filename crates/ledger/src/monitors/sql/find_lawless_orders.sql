-- Orders that may break a law, among those that are open: taken over with findings that nobody has
-- resolved, waiting for a person to say what is true of them, delivered and still owing, or shown with
-- statuses that no phase has. Of those that are over, what was charged twice and may not have been
-- given back; where views of such an order differ, the scrubber finds it.
select order_id
  from (select m.order_id, m.number, m.phase, m.current_status, m.owed, m.version, c.status,
               c.number as customer_number, c.version as customer_version,
               exists (select
                         from daftar.imported_orders as i
                        where i.book_id = $1
                          and i.generation = (select generation from daftar.book_projections
                                               where book_id = $1 and name = 'imported_orders')
                          and i.order_id = m.order_id
                          and i.classes <> '{}') as has_findings
          from daftar.order_management as m
          left join lateral (
                 -- Each by its key: only those that are open.
                 select o.status, o.number, o.version
                   from daftar.customer_orders as o
                  where o.book_id = $1
                    and o.generation = (select generation from daftar.book_projections
                                         where book_id = $1 and name = 'customer_orders')
                    and o.order_id = m.order_id
                  limit 1
               ) as c on true
         where m.book_id = $1
           and m.generation = (select generation from daftar.book_projections
                                where book_id = $1 and name = 'order_management')
           and m.is_open) as o
 where o.has_findings
    or o.phase = 'import_review'
    or (o.phase in ('delivered', 'completed') and o.owed > 0)
    or o.customer_version is distinct from o.version
    or o.customer_number is distinct from o.number
    or not exists (select
                     from unnest($2::text[], $3::text[], $4::text[])
                       as allowed (phase, customer, management)
                    where allowed.phase = o.phase
                      and allowed.customer = o.status
                      and allowed.management = o.current_status)
 union
select order_id
  from daftar.imported_orders
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'imported_orders')
   and 'double_charge' = any (classes)
 order by order_id
 limit $5
