-- Where a view's sum is not what the account of the same item holds.
with accounts as (
  select account, item, sum(case side when 'credit' then amount else -amount end) as balance
    from daftar.journal_lines
   where book_id = $1
     and generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'journal_lines')
     and account in ('2100', '2120', '2200')
   group by account, item
), views as (
  select '2100' as account, wallet_id::text as item, balance
    from daftar.wallet_balances
   where book_id = $1
     and generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'wallet_balances')
   union all
  select '2120', payment_id::text, unallocated
    from daftar.payments
   where book_id = $1
     and generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'payments')
   union all
  select '2200', order_id::text, held
    from daftar.order_management
   where book_id = $1
     and generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'order_management')
)
select account, item, v.balance as in_view, a.balance as in_account
  from views as v
  full join accounts as a using (account, item)
 where coalesce(v.balance, 0) <> coalesce(a.balance, 0)
 order by account, item
 limit 10000
