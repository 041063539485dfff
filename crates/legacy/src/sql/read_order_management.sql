select row_to_json(old)::text from order_management as old
