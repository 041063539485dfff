select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select wallet_id, sequence, kind, source, currency, amount, balance, order_id, payment_id,
              receipt_id, reason, recorded_at, position
         from daftar.wallet_lines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'wallet_lines')
          and wallet_id = $2
          and ($3::bigint is null or sequence < $3)
        order by sequence desc
        limit $4
       ) as t on true
 where b.book_id = $1
 order by t.sequence desc
