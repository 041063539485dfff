select min(p.position)
  from unnest($2::bigint[]) as p (position)
 where not exists (select from daftar.events as e
                    where e.book_id = $1 and e.position = p.position)
