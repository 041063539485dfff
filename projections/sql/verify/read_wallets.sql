select wallet_id, currency, balance, position
  from daftar.wallet_balances
 where book_id = $1 and generation = $2 and balance <> 0
