select distinct l.position
  from daftar.journal_lines as l
 where l.book_id = $1
   and l.generation = $2
   and l.position > $3
   and l.position <= $4
   and not exists (select from daftar.events as e
                    where e.book_id = $1 and e.position = l.position)
 order by l.position
 limit $5
