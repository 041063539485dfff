select row_to_json(old)::text from wallet_transactions as old
