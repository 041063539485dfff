update wallet_balances set balance = $2, version = $3, position = $4
 where book_id = 1 and generation = 1 and wallet_id = $1
