select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select position, line, account, item, side, amount, currency, rules, stream_type,
              stream_id, recorded_at, effective_at
         from daftar.journal_lines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'journal_lines')
          and position > $2
          and position <= $3
        order by position, line
       ) as t on true
 where b.book_id = $1
 order by t.position, t.line
