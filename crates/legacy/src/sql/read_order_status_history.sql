select row_to_json(old)::text from order_status_history as old
