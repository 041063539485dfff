select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select line_id, account, line, date, currency, amount, reference, matched, fee, recorded_at,
              version, position
         from daftar.statement_lines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'statement_lines')
          and ($2::boolean is null or matched = $2)
          and ($3::text is null or account = $3)
          and ($4::date is null or (date, line_id) > ($4, $5))
        order by date, line_id
        limit $6
       ) as t on true
 where b.book_id = $1
 order by t.date, t.line_id
