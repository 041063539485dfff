-- The balances are those of the lines in the order in which they took effect, so every line of the
-- wallet is read.
select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select r.*
         from (
              select l.wallet_id, l.sequence, l.kind, l.source, l.currency, l.amount,
                     sum(l.amount) over (order by e.effective_at, l.sequence) as balance,
                     l.order_id, l.payment_id, l.receipt_id, l.reason, l.recorded_at, l.position,
                     e.effective_at
                from daftar.wallet_lines as l
                join daftar.events as e on e.book_id = l.book_id and e.position = l.position
               where l.book_id = $1
                 and l.generation = (select generation from daftar.book_projections
                                      where book_id = $1 and name = 'wallet_lines')
                 and l.wallet_id = $2
                 and l.position <= $3
                 and ($5::timestamptz is null or e.effective_at <= $5)
              ) as r
        where ($4::timestamptz is null or r.effective_at > $4)
          and ($6::timestamptz is null or (r.effective_at, r.sequence) < ($6, $7))
        order by r.effective_at desc, r.sequence desc
        limit $8
       ) as t on true
 where b.book_id = $1
 order by t.effective_at desc, t.sequence desc
