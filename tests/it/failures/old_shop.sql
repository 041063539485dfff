-- An old shop in which nothing is wrong: each order with its customer's wallet, which was filled once
-- and paid for it. All numbers are invented.
truncate public.order_status_history, public.payment_receipts, public.wallet_transactions,
         public.customer_wallets, public.order_items, public.order_management, public.customer_orders;

insert into public.customer_wallets (id, customer_id, balance, created_at, updated_at)
values (1, 1, 0, '2025-05-01', '2025-05-01');

insert into public.customer_wallets (id, customer_id, balance, created_at, updated_at)
select 3000 + n, 2000 + n, 9900, '2025-05-01', '2025-06-01'
from generate_series(10, 99) n;

insert into public.customer_orders (
    id, order_number, customer_id, total_amount, status, currency, payment_status, payment_method,
    created_at, updated_at
)
select
    1000 + n, 'M25200' || n, 2000 + n, 100.00, 'warehouse_ready', 'IQD', 'paid', 'wallet_full',
    timestamp '2025-06-01 08:00' + n * interval '7 minutes',
    timestamp '2025-06-01 12:00' + n * interval '7 minutes'
from generate_series(10, 99) n;

insert into public.order_management (
    id, customer_order_id, current_status, financial_reviewer_id, financial_reviewed_at, created_at,
    updated_at
)
select
    5000 + n, 1000 + n, 'warehouse_pending', 1,
    timestamp '2025-06-01 12:00' + n * interval '7 minutes',
    timestamp '2025-06-01 08:00' + n * interval '7 minutes',
    timestamp '2025-06-01 12:00' + n * interval '7 minutes'
from generate_series(10, 99) n;

insert into public.order_status_history (order_management_id, from_status, to_status, created_at)
select
    5000 + n, step.from_status, step.to_status,
    timestamp '2025-06-01 08:00' + n * interval '7 minutes' + step.after
from
    generate_series(10, 99) n,
    (values (null, 'pending', interval '0'),
            ('pending', 'finance_pending', interval '1 hour'),
            ('finance_pending', 'warehouse_pending', interval '4 hours'))
        step (from_status, to_status, after);

insert into public.order_items (
    id, order_id, product_name, product_sku, quantity, unit_price, total_price, created_at
)
select
    7000 + n, 1000 + n, 'pH strips', 'LB-502', 4.000, 25.00, 100.00,
    timestamp '2025-06-01 08:00' + n * interval '7 minutes'
from generate_series(10, 99) n;

insert into public.wallet_transactions (
    id, wallet_id, customer_id, transaction_type, amount, balance_before, balance_after, description,
    reference_type, reference_id, created_at, updated_at
)
select
    4000 + n, 3000 + n, 2000 + n, 'credit', 10000.00, 0.00, 10000.00, '', 'recharge_request', n,
    '2025-05-02', '2025-05-02'
from generate_series(10, 99) n
union all
select
    9000 + n, 3000 + n, 2000 + n, 'debit', 100.00, 10000.00, 9900.00, 'order M25200' || n, 'order',
    1000 + n, timestamp '2025-06-01 08:00' + n * interval '7 minutes',
    timestamp '2025-06-01 08:00' + n * interval '7 minutes'
from generate_series(10, 99) n;
