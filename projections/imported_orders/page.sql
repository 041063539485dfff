-- The evidence with how things stand now: it waits for a person until it is resolved.
select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select i.order_id, i.number, i.epoch, i.customer_id, i.customer_status, i.payment_status,
              i.management_status, i.payment_method, i.old_rows, i.classes, i.findings, i.debits,
              i.currency, i.total, i.proven, i.stage, i.placed_at, i.recorded_at, i.position,
              m.current_status, m.phase, m.in_import_review
         from daftar.imported_orders as i
         join daftar.order_management as m
           on m.book_id = $1
          and m.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'order_management')
          and m.order_id = i.order_id
        where i.book_id = $1
          and i.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'imported_orders')
          and ($2::text is null or $2 = any (i.classes))
          and (not $3 or m.in_import_review)
          and ($4::uuid is null or i.order_id > $4)
        order by i.order_id
        limit $5
       ) as t on true
 where b.book_id = $1
 order by t.order_id
