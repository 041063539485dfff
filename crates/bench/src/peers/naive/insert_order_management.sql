insert into order_management (book_id, generation, order_id, number, customer_id, current_status,
                              department, phase, payment_status, payment_method, currency, released,
                              due, received, owed, held, in_import_review, is_open,
                              on_hold_departments, on_hold_reasons, placed_at, updated_at, version,
                              position)
values (1, 1, $1, $2, $3, 'financial_reviewing', 'finance', 'finance_review', 'paid', 'wallet_full',
        'IQD', false, $4, $4, 0, $4, false, true, '{}', '{}', $5, $5, 2, $6)
