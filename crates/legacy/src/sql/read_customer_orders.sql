select row_to_json(old)::text from customer_orders as old
