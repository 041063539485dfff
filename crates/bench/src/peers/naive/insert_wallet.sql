insert into wallet_balances (book_id, generation, wallet_id, customer_id, currency, balance, debt,
                             frozen, closed, version, position)
values (1, 1, $1, $2, 'IQD', $3, 0, false, false, 1, 0)
