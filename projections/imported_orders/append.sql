-- What the append writes: the statement of write.sql, within append_2.
insert into imported_orders as t (
  book_id, generation, order_id, number, epoch, customer_id, customer_status, payment_status,
  management_status, payment_method, old_rows, classes, findings, debits, currency, total,
  proven, stage, placed_at, recorded_at, position)
select p_book, v_generation, r.order_id, r.number, r.epoch, r.customer_id, r.customer_status,
       r.payment_status, r.management_status, r.payment_method, r.old_rows, r.classes,
       r.findings, r.debits, r.currency, r.total, r.proven, r.stage, r.placed_at,
       r.recorded_at, r.position
  from unnest(p_imported_orders) as r;
