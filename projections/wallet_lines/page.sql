select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select l.wallet_id, l.sequence, l.kind, l.source, l.currency, l.amount, l.balance, l.order_id,
              l.payment_id, l.receipt_id, l.reason, l.recorded_at, l.position,
              (select e.effective_at
                 from daftar.events as e
                where e.book_id = $1 and e.position = l.position) as effective_at
         from daftar.wallet_lines as l
        where l.book_id = $1
          and l.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'wallet_lines')
          and l.wallet_id = $2
          and l.position > $3
          and l.position <= $4
          and ($5::bigint is null or l.sequence < $5)
        order by l.sequence desc
        limit $6
       ) as t on true
 where b.book_id = $1
 order by t.sequence desc
