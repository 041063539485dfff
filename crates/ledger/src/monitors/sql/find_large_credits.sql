-- Credits to wallets after a position that are above a sum, or in another currency than it. The journal
-- is read from there on by its primary key, and everything else is looked up for the few that remain.
-- What an order gives back by rule was its customer's before, and so was a payout that failed. One that
-- was taken back since, or whose payment was, has been seen to.
with large as materialized (
  select position, stream_id as wallet_id, amount, currency
    from daftar.journal_lines
   where book_id = $1
     and generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'journal_lines')
     and position > $2
     and account = '2100'
     and side = 'credit'
     and stream_type = 'wallet'
     and (currency <> $3 or amount > $4)
)
select c.wallet_id, l.sequence, b.customer_id, c.currency, c.amount, l.kind, l.source, l.order_id,
       l.payment_id, l.reason, c.position, l.recorded_at,
       e.metadata->>'actor_id' as actor, e.metadata->>'approved_by' as approved_by
  from large as c
  join daftar.events as e on e.book_id = $1 and e.position = c.position
  join daftar.wallet_lines as l
    on l.book_id = $1
   and l.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'wallet_lines')
   and l.wallet_id = c.wallet_id
   and l.sequence = e.sequence
  join daftar.wallet_balances as b
    on b.book_id = $1
   and b.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'wallet_balances')
   and b.wallet_id = c.wallet_id
 where l.kind in ('topped_up', 'credited', 'corrected')
   and l.source not in ('cancelled', 'expired')
   and not exists (
       select
         from daftar.events as d
        where d.book_id = $1
          and d.aggregate_type = 'wallet'
          and d.aggregate_id = c.wallet_id::text
          and d.sequence > l.sequence
          and d.event_type = 'corrected'
          and d.payload->'corrected'->>'sequence' = l.sequence::text)
   and not exists (
       select
         from daftar.payments as p
        where p.book_id = $1
          and p.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'payments')
          and p.payment_id = l.payment_id
          and (p.reversed or p.corrected))
 order by c.position
 limit $5
