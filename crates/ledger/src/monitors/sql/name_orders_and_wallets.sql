-- Whose orders and wallets these are, and what people call the orders.
select order_id as id, customer_id, number
  from daftar.order_management
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'order_management')
   and order_id = any ($2)
 union all
select wallet_id, customer_id, null
  from daftar.wallet_balances
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'wallet_balances')
   and wallet_id = any ($2)
