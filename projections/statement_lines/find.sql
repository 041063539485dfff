select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select line_id, account, line, date, currency, amount, reference, matched, fee, recorded_at,
              version, position
         from daftar.statement_lines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'statement_lines')
          and line_id = $2
       ) as t on true
 where b.book_id = $1
