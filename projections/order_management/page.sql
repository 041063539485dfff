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
          and ($2::text is null or department = $2)
          and ($3::text is null or current_status = $3)
          and ($4::text[] is null or customer_id = any($4))
          and ($5::timestamptz is null or (placed_at, order_id) > ($5, $6))
        order by placed_at, order_id
        limit $7
       ) as t on true
 where b.book_id = $1
 order by t.placed_at, t.order_id
