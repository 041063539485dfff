select repair_id as id, revision, view, key, before, after, position, at, by
  from daftar.repairs
 where book_id = $1
   and revision > $2
   and revision <= $3
 order by revision, repair_id
