-- 2,000 orders that agree with themselves, half of them paid from a wallet by a debit of their own.
insert into public.customer_wallets (id, customer_id, balance)
select 1000 + n, 1000 + n, 5000.00 from generate_series(0, 199) n;

insert into public.customer_orders (
    id, order_number, customer_id, total_amount, status, currency, payment_status, payment_method,
    shipping_address, notes, recipient_name, recipient_phone, created_at, updated_at
)
select
    1000 + n, 'M24' || to_char(20000 + n, 'FM00000'), 1000 + n % 200, 25.00, 'warehouse_ready',
    'IQD', 'paid', case when n % 2 = 0 then 'wallet_full' else 'bank_transfer_grace' end,
    jsonb_build_object('city', 'Basra', 'street', 'Street ' || n), 'call first', 'Name ' || n,
    '+96477' || to_char(n, 'FM00000000'),
    timestamp '2024-03-01 08:00' + n * interval '7 minutes',
    timestamp '2024-03-01 08:30' + n * interval '7 minutes'
from generate_series(0, 1999) n;

insert into public.order_management (
    id, customer_order_id, current_status, financial_reviewer_id, financial_reviewed_at,
    created_at, updated_at
)
select
    5000 + n, 1000 + n, 'warehouse_pending', 1,
    timestamp '2024-03-01 08:20' + n * interval '7 minutes',
    timestamp '2024-03-01 08:00' + n * interval '7 minutes',
    timestamp '2024-03-01 08:30' + n * interval '7 minutes'
from generate_series(0, 1999) n;

insert into public.order_items (
    id, order_id, product_name, product_sku, quantity, unit_price, total_price, created_at
)
select
    5000 + n, 1000 + n, 'pH strips', 'LB-502', 5.000, 5.00, 25.00,
    timestamp '2024-03-01 08:00' + n * interval '7 minutes'
from generate_series(0, 1999) n;

insert into public.wallet_transactions (
    id, wallet_id, customer_id, transaction_type, amount, balance_before, balance_after,
    description, reference_type, reference_id, payment_method, created_at, updated_at
)
select
    5000 + n, 1000 + n % 200, 1000 + n % 200, 'debit', 25.00, 5025.00, 5000.00,
    'order M24' || to_char(20000 + n, 'FM00000'), 'order', 1000 + n, 'wallet_full',
    timestamp '2024-03-01 08:00' + n * interval '7 minutes',
    timestamp '2024-03-01 08:00' + n * interval '7 minutes'
from generate_series(0, 1999, 2) n;
