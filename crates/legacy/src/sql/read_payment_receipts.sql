select row_to_json(old)::text from payment_receipts as old
