-- What the append writes: the statement of write.sql, within append_2.
insert into order_management as t (
  book_id, generation, order_id, number, customer_id, current_status, department, phase,
  payment_status, payment_method, currency, released, due, received, owed, held, deadline,
  open_receipt_id, in_import_review, is_open, on_hold_departments, on_hold_reasons, placed_at,
  updated_at, version, position)
select p_book, v_generation, r.order_id, r.number, r.customer_id, r.current_status,
       r.department, r.phase, r.payment_status, r.payment_method, r.currency, r.released,
       r.due, r.received, r.owed, r.held, r.deadline, r.open_receipt_id, r.in_import_review,
       r.is_open, r.on_hold_departments, r.on_hold_reasons, r.placed_at, r.updated_at, r.version,
       r.position
  from unnest(p_order_management) as r
on conflict (book_id, generation, order_id)
do update set
  number = excluded.number, customer_id = excluded.customer_id,
  current_status = excluded.current_status, department = excluded.department,
  phase = excluded.phase, payment_status = excluded.payment_status,
  payment_method = excluded.payment_method, currency = excluded.currency,
  released = excluded.released, due = excluded.due, received = excluded.received,
  owed = excluded.owed, held = excluded.held, deadline = excluded.deadline,
  open_receipt_id = excluded.open_receipt_id, in_import_review = excluded.in_import_review,
  is_open = excluded.is_open, on_hold_departments = excluded.on_hold_departments,
  on_hold_reasons = excluded.on_hold_reasons,
  placed_at = coalesce(excluded.placed_at, t.placed_at), updated_at = excluded.updated_at,
  version = excluded.version, position = excluded.position;
