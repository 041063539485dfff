select wallet_id, customer_id, currency, balance, debt, frozen, closed, version, position
  from daftar.wallet_balances
 where book_id = $1 and generation = $2
 order by wallet_id
