select balance, version from wallet_balances
 where book_id = 1 and generation = 1 and wallet_id = $1
   for no key update
