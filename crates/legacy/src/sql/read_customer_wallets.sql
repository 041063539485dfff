select row_to_json(old)::text from customer_wallets as old
