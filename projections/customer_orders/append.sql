-- What the append writes: the statement of write.sql, within append_2.
insert into customer_orders as t (
  book_id, generation, order_id, number, series, counter, epoch, customer_id, status,
  payment_status, payment_method, currency, total, paid, placed_at, deadline, version, position)
select p_book, v_generation, r.order_id, r.number, r.series, r.counter, r.epoch, r.customer_id,
       r.status, r.payment_status, r.payment_method, r.currency, r.total, r.paid, r.placed_at,
       r.deadline, r.version, r.position
  from unnest(p_customer_orders) as r
on conflict (book_id, generation, order_id)
do update set
  number = excluded.number, series = excluded.series, counter = excluded.counter,
  epoch = excluded.epoch, customer_id = excluded.customer_id, status = excluded.status,
  payment_status = excluded.payment_status, payment_method = excluded.payment_method,
  currency = excluded.currency, total = excluded.total, paid = excluded.paid,
  placed_at = coalesce(excluded.placed_at, t.placed_at), deadline = excluded.deadline,
  version = excluded.version, position = excluded.position;
