-- Orders that may be in trouble: taken over with findings, waiting for finance, delivered and still
-- owing, or shown with statuses that no phase has.
select order_id
  from (select order_id, number, status, version
          from daftar.customer_orders
         where book_id = $1
           and generation = (select generation from daftar.book_projections
                              where book_id = $1 and name = 'customer_orders')) as c
  full join (select order_id, number as management_number, phase, current_status, owed,
                    version as management_version
               from daftar.order_management
              where book_id = $1
                and generation = (select generation from daftar.book_projections
                                   where book_id = $1 and name = 'order_management')) as m
      using (order_id)
  left join (select order_id, classes
               from daftar.imported_orders
              where book_id = $1
                and generation = (select generation from daftar.book_projections
                                   where book_id = $1 and name = 'imported_orders')) as i
      using (order_id)
 where i.classes <> '{}'
    or m.phase in ('import_review', 'payment_review')
    or (m.phase in ('delivered', 'completed') and m.owed > 0)
    or c.version is distinct from m.management_version
    or c.number is distinct from m.management_number
    or not exists (select
                     from unnest($2::text[], $3::text[], $4::text[])
                       as allowed (phase, customer, management)
                    where allowed.phase = m.phase
                      and allowed.customer = c.status
                      and allowed.management = m.current_status)
 order by order_id
