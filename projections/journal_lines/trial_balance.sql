-- Every account with its sums up to a position, of what had taken effect at a time.
select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select account,
              currency,
              coalesce(trim_scale(sum(amount) filter (where side = 'debit')), 0) as debits,
              coalesce(trim_scale(sum(amount) filter (where side = 'credit')), 0) as credits
         from daftar.journal_lines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'journal_lines')
          and position <= coalesce($2, b.position)
          and ($3::timestamptz is null or effective_at <= $3)
        group by account, currency
       ) as t on true
 where b.book_id = $1
 order by t.currency, t.account
