insert into timeline (book_id, generation, order_id, position, stream_type, stream_id, sequence,
                      event_type, actor_kind, actor_id, actor_role, phase, currency, amount,
                      recorded_at, effective_at)
values (1, 1, $1, $2 - 2, 'order', $1, 1, 'placed', 'service', 'storefront', 'admin',
        'awaiting_payment', null, null, $6, $6),
       (1, 1, $1, $2 - 1, 'wallet', $3, $4, 'debited', 'service', 'storefront', 'admin',
        null, 'IQD', -$5::numeric, $6, $6),
       (1, 1, $1, $2, 'order', $1, 2, 'payment_received', 'service', 'storefront', 'admin',
        'finance_review', 'IQD', $5, $6, $6)
