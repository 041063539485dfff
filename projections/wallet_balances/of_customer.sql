select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select wallet_id, customer_id, currency, balance, debt, frozen, closed, version, position
         from daftar.wallet_balances
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'wallet_balances')
          and customer_id = $2
        order by currency
       ) as t on true
 where b.book_id = $1
 order by t.currency
