select coalesce(sum(l.amount), 0)
  from daftar.wallet_lines as l
  join daftar.events as e on e.book_id = l.book_id and e.position = l.position
 where l.book_id = $1
   and l.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'wallet_lines')
   and l.wallet_id = $2
   and l.position <= $3
   and ($4::timestamptz is null or e.effective_at <= $4)
