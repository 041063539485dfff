-- One bank order for every phase that two statuses can name together, each numbered after it.
with named (id, phase, customer, departments, payment) as (
  values (101, 'awaiting_payment', 'payment_grace_period', 'payment_grace_period', 'grace_period'),
         (102, 'payment_review', 'pending', 'payment_uploaded', 'receipt_uploaded'),
         (103, 'payment_rejected', 'payment_rejected', 'financial_rejected', 'rejected'),
         (104, 'finance_review', 'financial_approved', 'financial_approved', 'paid'),
         (105, 'warehouse_ready', 'warehouse_ready', 'warehouse_pending', 'paid'),
         (106, 'warehouse_processing', 'preparing', 'warehouse_processing', 'paid'),
         (107, 'stock_rejected', 'delayed', 'warehouse_rejected', 'paid'),
         (108, 'packed', 'preparing', 'warehouse_approved', 'paid'),
         (109, 'partly_shipped', 'partly_shipped', 'logistics_partly_dispatched', 'paid'),
         (110, 'dispatched', 'shipped', 'logistics_dispatched', 'paid'),
         (111, 'delivery_failed', 'delivery_failed', 'logistics_failed', 'paid'),
         (112, 'returning_to_origin', 'returning', 'logistics_returning', 'paid'),
         (113, 'delivered', 'delivered', 'logistics_delivered', 'paid'),
         (114, 'completed', 'completed', 'completed', 'paid'),
         (115, 'cancelled', 'cancelled', 'cancelled', 'pending'),
         (116, 'expired', 'expired', 'expired', 'pending'),
         (117, 'returned', 'returned', 'returned', 'paid')
),
orders as (
  insert into public.customer_orders
    (id, order_number, customer_id, total_amount, status, currency, payment_status, payment_method,
     created_at)
  select id, 'P-' || id || '/' || phase, 95, 20, customer, 'IQD', payment, 'bank_transfer_grace',
         '2025-07-30 21:00:00'
    from named
),
items as (
  insert into public.order_items
    (id, order_id, product_name, product_sku, quantity, unit_price, total_price)
  select id, id, 'x', 'X-1', 2, 10, 20 from named
)
insert into public.order_management (id, customer_order_id, current_status)
select id, id, departments from named;
