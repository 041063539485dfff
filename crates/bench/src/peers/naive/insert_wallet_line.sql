insert into wallet_lines (book_id, generation, wallet_id, sequence, kind, source, currency, amount,
                          balance, order_id, recorded_at, position)
values (1, 1, $1, $2, 'debited', 'order_payment', 'IQD', $3, $4, $5, $6, $7)
