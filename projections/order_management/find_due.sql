select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select order_id, number, customer_id, current_status, department, phase, payment_status,
              payment_method, currency, released, due, received, owed, held, deadline,
              open_receipt_id, in_import_review, is_open, on_hold_departments, on_hold_reasons,
              placed_at, updated_at, version, position
         from daftar.order_management
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'order_management')
          and deadline <= $2
        order by deadline
        limit $3
       ) as t on true
 where b.book_id = $1
 order by t.deadline
