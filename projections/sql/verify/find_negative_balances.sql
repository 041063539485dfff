-- The first position at which a wallet or an order's prepayment is below zero.
select distinct on (account, item, currency) account, item, currency, position, balance
  from (
       select account,
              item,
              currency,
              position,
              sum(case side when 'credit' then amount else -amount end)
                over (partition by account, item, currency order by position) as balance
         from daftar.journal_lines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'journal_lines')
          and account in ('2100', '2200')
       ) as running
 where balance < 0
 order by account, item, currency, position
 limit 10000
