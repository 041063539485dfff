-- Writes rows of one generation. A key stands in a batch once, in its last state. What only the first
-- event knows is kept from then.
create function write_customer_orders_1(p_book int, p_generation int, p_rows customer_orders_row[])
returns void
language plpgsql
as $$
begin
  insert into customer_orders as t (
    book_id, generation, order_id, number, series, counter, epoch, customer_id, status,
    payment_status, payment_method, currency, total, paid, placed_at, deadline, version, position)
  select p_book, p_generation, r.order_id, r.number, r.series, r.counter, r.epoch, r.customer_id,
         r.status, r.payment_status, r.payment_method, r.currency, r.total, r.paid, r.placed_at,
         r.deadline, r.version, r.position
    from unnest(p_rows) as r
  on conflict (book_id, generation, order_id)
  do update set
    number = excluded.number, series = excluded.series, counter = excluded.counter,
    epoch = excluded.epoch, customer_id = excluded.customer_id, status = excluded.status,
    payment_status = excluded.payment_status, payment_method = excluded.payment_method,
    currency = excluded.currency, total = excluded.total, paid = excluded.paid,
    placed_at = coalesce(excluded.placed_at, t.placed_at), deadline = excluded.deadline,
    version = excluded.version, position = excluded.position;
end
$$;

select guard_inner_function('write_customer_orders_1(int, int, customer_orders_row[])');
