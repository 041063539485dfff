insert into customer_orders (book_id, generation, order_id, number, series, counter, customer_id,
                             status, payment_status, payment_method, currency, total, paid,
                             placed_at, version, position)
values (1, 1, $1, $2, 'M26', $3, $4, 'paid', 'paid', 'wallet_full', 'IQD', $5, $5, $6, 2, $7)
