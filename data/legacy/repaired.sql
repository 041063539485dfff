-- The old shop on 2025-07-30 after a repair by hand that charged two orders a second time.
-- Stands alone: `psql -1 -f` into an empty database. All names and numbers are invented.

-- The tables as the shop had them: no foreign key between them, no check on a status, an amount or
-- a balance, timestamps without a zone (they are UTC).
create table public.customer_orders (
    id serial primary key,
    order_number text unique,
    customer_id integer,
    total_amount numeric(10, 2) not null,
    status text not null default 'pending',
    priority text not null default 'normal',
    currency text not null default 'USD',
    payment_status text not null default 'pending',
    payment_method text,
    shipping_address jsonb,
    billing_address jsonb,
    notes text,
    internal_notes text,
    guest_email text,
    guest_name text,
    tracking_number text,
    carrier text,
    estimated_delivery timestamp,
    actual_delivery timestamp,
    shipped_at timestamp,
    delivered_at timestamp,
    receipt_path text,
    delivery_method text default 'courier',
    delivery_notes text,
    recipient_name text,
    recipient_phone text,
    recipient_address text,
    recipient_mobile text,
    shipping_cost numeric(10, 2) default 0,
    vat_rate numeric(5, 2) default 0,
    vat_amount numeric(10, 2) default 0,
    surcharge_rate numeric(5, 2) default 0,
    surcharge_amount numeric(10, 2) default 0,
    second_delivery_address text,
    second_delivery_city text,
    second_delivery_province text,
    second_delivery_postal_code text,
    active_delivery_info jsonb,
    gps_latitude numeric(10, 8),
    gps_longitude numeric(11, 8),
    location_accuracy numeric(6, 2),
    invoice_type text default 'proforma',
    invoice_converted_at timestamp,
    is_proforma boolean default true,
    notification_stage integer default 0,
    rejection_reason text,
    additional_documents_note text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now()
);

create table public.order_management (
    id serial primary key,
    customer_order_id integer not null unique,
    current_status varchar(50) not null default 'pending_payment',
    delivery_code varchar(10) unique,
    financial_reviewer_id integer,
    financial_reviewed_at timestamp,
    financial_notes text,
    payment_receipt_url text,
    payment_method varchar(50),
    payment_source_label text,
    wallet_amount_used numeric(10, 2) default 0.00,
    bank_amount_paid numeric(10, 2) default 0.00,
    excess_amount_credited numeric(10, 2) default 0.00,
    payment_grace_period_start timestamp,
    payment_grace_period_end timestamp,
    is_order_locked boolean default false,
    warehouse_assignee_id integer,
    warehouse_processed_at timestamp,
    warehouse_notes text,
    logistics_assignee_id integer,
    logistics_processed_at timestamp,
    logistics_notes text,
    tracking_number text,
    delivery_person_name text,
    delivery_person_phone text,
    delivery_method text default 'courier',
    sync_notes text,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now()
);

create table public.order_items (
    id serial primary key,
    order_id integer not null,
    product_id integer,
    product_name text not null,
    product_sku text not null,
    quantity numeric(10, 3) not null,
    unit text default 'units',
    unit_price numeric(10, 2) not null,
    total_price numeric(12, 2) not null,
    product_snapshot json,
    specifications json,
    notes text,
    created_at timestamp not null default now()
);

create table public.customer_wallets (
    id serial primary key,
    customer_id integer not null unique,
    balance numeric(15, 2) not null default 0,
    currency text not null default 'IQD',
    status text not null default 'active',
    credit_limit numeric(15, 2) default 0,
    last_activity_date timestamp,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now()
);

create table public.wallet_transactions (
    id serial primary key,
    wallet_id integer not null references public.customer_wallets (id),
    customer_id integer not null,
    transaction_type text not null,
    amount numeric(15, 2) not null,
    currency text not null default 'IQD',
    balance_before numeric(15, 2) not null,
    balance_after numeric(15, 2) not null,
    description text not null,
    reference_type text,
    reference_id integer,
    payment_method text,
    status text not null default 'completed',
    processed_by integer,
    notes text,
    metadata json,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now()
);

create table public.payment_receipts (
    id serial primary key,
    customer_order_id integer not null,
    customer_id integer not null,
    receipt_url text not null,
    original_file_name text not null,
    file_size integer not null,
    mime_type text not null,
    uploaded_at timestamp not null default now(),
    notes text
);

create table public.order_status_history (
    id serial primary key,
    order_management_id integer not null,
    from_status varchar(50),
    to_status varchar(50) not null,
    changed_by integer,
    changed_by_department varchar(50),
    notes text,
    created_at timestamp not null default now()
);

-- Five orders. The address is sometimes an object and sometimes a string that holds one.
insert into public.customer_orders (
    id, order_number, customer_id, total_amount, status, currency, payment_status, payment_method,
    shipping_address, notes, internal_notes, receipt_path, delivery_method,
    recipient_name, recipient_phone, recipient_mobile, shipping_cost, created_at, updated_at
) values
    (8, 'M2511128', 94, 360960.16, 'warehouse_ready', 'IQD', 'paid', 'bank_transfer_grace',
     '{"city": "بغداد", "street": "شارع الصناعة ١٢", "province": "بغداد"}',
     'مبلغ واریزی: 54858887', 'مبلغ اضافی 54,497,926.84 دینار به کیف پول واریز خواهد شد',
     'https://files.example.test/receipts/8-a.pdf', 'smart_vehicle',
     'سارا الجبوري', '+9647700000094', '+9647700000194', 105000.00,
     '2025-07-30 20:05:12.331', '2025-07-30 20:11:58.020'),
    (10, 'M2511130', 94, 44.00, 'pending', 'IQD', 'partial', 'wallet_partial',
     '"{\"city\": \"بغداد\", \"street\": \"شارع الصناعة ١٢\"}"',
     null, null, null, 'self_pickup',
     'سارا الجبوري', '+9647700000094', null, 0.00,
     '2025-07-30 20:14:03.412', '2025-07-30 20:14:03.412'),
    (13, 'M2511133', 94, 11.00, 'pending', 'IQD', 'partial', 'wallet_partial',
     '{"city": "بغداد", "street": "شارع الصناعة ١٢", "province": "بغداد"}',
     null, null, null, 'self_pickup',
     'سارا الجبوري', '+9647700000094', null, 0.00,
     '2025-07-30 20:22:37.805', '2025-07-30 20:22:37.805'),
    (15, 'M2511135', 94, 151126.17, 'pending', 'IQD', 'partial', 'wallet_partial',
     '{"city": "بغداد", "street": "شارع الصناعة ١٢", "province": "بغداد"}',
     'لطفاً پیش از تحویل تماس بگیرید', null, null, 'smart_vehicle',
     'سارا الجبوري', '+9647700000094', '+9647700000194', 105000.00,
     '2025-07-30 20:29:19.640', '2025-07-30 20:29:19.640'),
    (18, 'M2511138', 94, 81431.30, 'pending', 'IQD', 'receipt_uploaded', 'bank_transfer_grace',
     '{"city": "بغداد", "street": "شارع الصناعة ١٢", "province": "بغداد"}',
     'مبلغ واریزی: 575755', null, 'https://files.example.test/receipts/18-a.jpg', 'self_pickup',
     'سارا الجبوري', '+9647700000094', null, 0.00,
     '2025-07-30 20:35:44.000', '2025-07-30 20:36:50.000');

-- Ids of another id space: they only look alike. The intended split of a payment was never stored.
insert into public.order_management (
    id, customer_order_id, current_status, delivery_code, financial_reviewer_id,
    financial_reviewed_at, financial_notes, payment_receipt_url, sync_notes, created_at, updated_at
) values
    (12, 8, 'warehouse_pending', null, 1, '2025-07-30 20:11:41.118',
     'رسید تأیید شد - مبلغ اضافی 54,497,926 دینار',
     'https://files.example.test/receipts/8-a.pdf', null,
     '2025-07-30 20:05:12.390', '2025-07-30 20:11:58.044'),
    (16, 10, 'logistics_dispatched', '1127', 1, '2025-07-30 20:16:20.771', null, null,
     'Auto-sync: customer order pending', '2025-07-30 20:14:03.466', '2025-07-30 20:41:09.202'),
    (22, 13, 'pending', null, null, null, null, null, null,
     '2025-07-30 20:22:37.861', '2025-07-30 20:22:37.861'),
    (26, 15, 'warehouse_processing', null, 1, '2025-07-30 20:31:02.554', null, null, null,
     '2025-07-30 20:29:19.702', '2025-07-30 20:38:27.913'),
    (32, 18, 'pending', null, null, null, null,
     'https://files.example.test/receipts/18-a.jpg', null,
     '2025-07-30 20:35:44.061', '2025-07-30 20:36:50.000');

insert into public.order_items (
    id, order_id, product_id, product_name, product_sku, quantity, unit, unit_price, total_price,
    product_snapshot, created_at
) values
    (21, 8, 411, 'اسید سولفوریک ۹۸٪', 'CH-411', 150.000, 'kg', 1200.00, 180000.00,
     '{"grade": "industrial"}', '2025-07-30 20:05:12.331'),
    (22, 8, 87, 'Sodium hypochlorite 12 %', 'CH-087', 4.000, 'drum', 18990.04, 75960.16,
     null, '2025-07-30 20:05:12.331'),
    (24, 10, 502, 'pH strips', 'LB-502', 4.000, 'units', 11.00, 44.00,
     null, '2025-07-30 20:14:03.412'),
    (27, 13, 502, 'pH strips', 'LB-502', 1.000, 'units', 11.00, 11.00,
     null, '2025-07-30 20:22:37.805'),
    (29, 15, 133, 'استون صنعتی', 'CH-133', 3.000, 'can', 15375.39, 46126.17,
     null, '2025-07-30 20:29:19.640'),
    (33, 18, 219, 'Citric acid', 'CH-219', 10.000, 'kg', 8143.13, 81431.30,
     null, '2025-07-30 20:35:44.000');

-- What the customer typed as the amount of a receipt stands in the notes and moves nothing.
insert into public.payment_receipts (
    id, customer_order_id, customer_id, receipt_url, original_file_name, file_size, mime_type,
    uploaded_at, notes
) values
    (5, 8, 94, 'https://files.example.test/receipts/8-a.pdf', 'rasid.pdf', 184213,
     'application/pdf', '2025-07-30 20:07:41.000', 'مبلغ: 54858887'),
    (9, 18, 94, 'https://files.example.test/receipts/18-a.jpg', 'IMG_2210.jpg', 902331,
     'image/jpeg', '2025-07-30 20:36:50.000', 'مبلغ: 575755');

insert into public.order_status_history (
    id, order_management_id, from_status, to_status, changed_by, changed_by_department, notes,
    created_at
) values
    (61, 12, null, 'payment_grace_period', 1, 'customer', null, '2025-07-30 20:05:12.402'),
    (62, 12, 'payment_grace_period', 'payment_uploaded', 1, 'customer', null,
     '2025-07-30 20:07:41.055'),
    (64, 12, 'payment_uploaded', 'financial_approved', 1, 'financial', 'رسید تأیید شد',
     '2025-07-30 20:11:41.118'),
    (65, 12, 'financial_approved', 'warehouse_pending', 1, 'financial', null,
     '2025-07-30 20:11:58.044'),
    (68, 16, null, 'pending', 1, 'customer', null, '2025-07-30 20:14:03.480'),
    (70, 16, 'pending', 'finance_pending', 1, 'system', 'Auto-sync', '2025-07-30 20:15:00.119'),
    (71, 16, 'finance_pending', 'warehouse_pending', 1, 'financial', null,
     '2025-07-30 20:16:20.771'),
    (74, 16, 'warehouse_pending', 'warehouse_processing', 3, 'warehouse', null,
     '2025-07-30 20:20:48.330'),
    (77, 16, 'warehouse_processing', 'warehouse_approved', 3, 'warehouse', null,
     '2025-07-30 20:33:10.905'),
    (80, 16, 'warehouse_approved', 'logistics_dispatched', 3, 'warehouse', null,
     '2025-07-30 20:41:09.202'),
    (75, 22, null, 'pending', 1, 'customer', null, '2025-07-30 20:22:37.870'),
    (76, 26, null, 'pending', 1, 'customer', null, '2025-07-30 20:29:19.711'),
    (78, 26, 'pending', 'finance_pending', 1, 'system', 'Auto-sync', '2025-07-30 20:30:00.240'),
    (79, 26, 'finance_pending', 'warehouse_pending', 1, 'financial', null,
     '2025-07-30 20:31:02.554'),
    (81, 26, 'warehouse_pending', 'warehouse_processing', 3, 'warehouse', null,
     '2025-07-30 20:38:27.913'),
    (82, 32, null, 'pending', 1, 'customer', null, '2025-07-30 20:35:44.070');

insert into public.customer_wallets (
    id, customer_id, balance, currency, status, credit_limit, last_activity_date, created_at,
    updated_at
) values
    (5, 94, 15145637.99, 'IQD', 'active', 0.00, '2025-07-30 21:40:31.006', '2025-07-24 08:10:02.000',
     '2025-07-30 21:40:31.006');

-- The debits of 130, 133 and 135 are there, in the second of their order, under the number before
-- it and without a reference; the repair by hand charged 133 and 135 again, this time with one.
-- Between the third and the fourth row the balance grew by 146,775.16 that no row explains. The
-- order that the third row names is gone.
insert into public.wallet_transactions (
    id, wallet_id, customer_id, transaction_type, amount, balance_before, balance_after,
    description, reference_type, reference_id, payment_method, processed_by, notes, created_at,
    updated_at
) values
    (201, 5, 94, 'credit', 10000000.00, 0.00, 10000000.00, 'شارژ کیف پول - WR1753344700123456',
     'recharge_request', 2, 'bank_transfer', 1, null,
     '2025-07-24 08:12:40.120', '2025-07-24 08:12:40.120'),
    (207, 5, 94, 'admin_adjustment', 5000000.00, 10000000.00, 15000000.00, 'تعدیل موجودی',
     'admin_adjustment', null, null, 1, 'checked by phone',
     '2025-07-26 11:04:55.031', '2025-07-26 11:04:55.031'),
    (214, 5, 94, 'debit', 250000.00, 15000000.00, 14750000.00, 'پرداخت سفارش M2511096',
     'order', null, 'wallet_partial', null, null,
     '2025-07-28 09:30:17.448', '2025-07-28 09:30:17.448'),
    (219, 5, 94, 'credit', 551181.00, 14896775.16, 15447956.16, 'مبلغ اضافی سفارش',
     'overpayment', 44, null, 1, null,
     '2025-07-29 16:20:11.700', '2025-07-29 16:20:11.700'),
    (231, 5, 94, 'debit', 44.00, 15447956.16, 15447912.16, 'پرداخت سفارش M2511129',
     'order', null, 'wallet_partial', null, null,
     '2025-07-30 20:14:03.187', '2025-07-30 20:14:03.187'),
    (233, 5, 94, 'debit', 11.00, 15447912.16, 15447901.16, 'پرداخت سفارش M2511132',
     'order', null, 'wallet_partial', null, null,
     '2025-07-30 20:22:37.522', '2025-07-30 20:22:37.522'),
    (234, 5, 94, 'debit', 151126.00, 15447901.16, 15296775.16, 'پرداخت سفارش M2511134',
     'order', null, 'wallet_partial', null, null,
     '2025-07-30 20:29:19.215', '2025-07-30 20:29:19.215'),
    (240, 5, 94, 'debit', 11.00, 15296775.16, 15296764.16, 'اصلاح پرداخت سفارش M2511133',
     'order', 13, 'wallet_partial', 1, 'manual fix',
     '2025-07-30 21:40:12.871', '2025-07-30 21:40:12.871'),
    (241, 5, 94, 'debit', 151126.17, 15296764.16, 15145637.99, 'اصلاح پرداخت سفارش M2511135',
     'order', 15, 'wallet_partial', 1, 'manual fix',
     '2025-07-30 21:40:31.006', '2025-07-30 21:40:31.006');
