-- An account's lines with the balance after each: debits less credits, so every line before them is
-- read. What a line is about is looked up for those of the page alone: its order is the one whose
-- stream it stands in, or whose prepayment its entry moves; its customer is the order's, or the wallet's,
-- the payment's, or the debtor's.
with live as (
       select name, generation from daftar.book_projections where book_id = $1
     )
select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select p.position, p.line, p.item, p.side, p.amount, p.balance, p.stream_type, p.stream_id,
              p.recorded_at, p.effective_at, e.sequence, e.event_type, e.command_id, o.order_id,
              coalesce(
                (select c.customer_id
                   from daftar.customer_orders as c
                  where c.book_id = $1
                    and c.generation = (select generation from live where name = 'customer_orders')
                    and c.order_id = o.order_id),
                (select w.customer_id
                   from daftar.wallet_balances as w
                  where w.book_id = $1
                    and w.generation = (select generation from live where name = 'wallet_balances')
                    and w.wallet_id = p.stream_id),
                (select y.customer_id
                   from daftar.payments as y
                  where y.book_id = $1
                    and y.generation = (select generation from live where name = 'payments')
                    and y.payment_id = p.stream_id),
                (select j.item
                   from daftar.journal_lines as j
                  where j.book_id = $1
                    and j.generation = (select generation from live where name = 'journal_lines')
                    and j.position = p.position
                    and j.account = '1100'
                  limit 1)) as customer_id
         from (
              select *
                from (
                     select l.*,
                            sum(case l.side when 'debit' then l.amount else -l.amount end) over (
                              order by case when $7 then l.effective_at end, l.position, l.line
                              rows unbounded preceding) as balance
                       from daftar.journal_lines as l
                      where l.book_id = $1
                        and l.generation = (select generation from live where name = 'journal_lines')
                        and ($2::text is null or l.item = $2)
                        and l.account = $3
                        and l.currency = $4
                        and l.position <= $5
                        and ($6::timestamptz is null or l.effective_at <= $6)
                     ) as running
               where $9::bigint is null
                  or $7 and (effective_at, position, line) > ($8::timestamptz, $9, $10::int)
                  or not $7 and (position, line) > ($9, $10::int)
               order by case when $7 then effective_at end, position, line
               limit $11
              ) as p
         join daftar.events as e on e.book_id = $1 and e.position = p.position
        cross join lateral (
              select coalesce(
                       case p.stream_type when 'order' then p.stream_id end,
                       (select w.order_id
                          from daftar.wallet_lines as w
                         where p.stream_type = 'wallet'
                           and w.book_id = $1
                           and w.generation = (select generation from live where name = 'wallet_lines')
                           and w.wallet_id = p.stream_id
                           and w.sequence = e.sequence),
                       (select j.item::uuid
                          from daftar.journal_lines as j
                         where j.book_id = $1
                           and j.generation = (select generation from live where name = 'journal_lines')
                           and j.position = p.position
                           and j.account = '2200'
                         limit 1)) as order_id
              ) as o
       ) as t on true
 where b.book_id = $1
 order by case when $7 then t.effective_at end, t.position, t.line
