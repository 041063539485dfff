-- The latest first; those before one, if it is given.
select repair_id as id, revision, view, key, before, after, position, at, by
  from daftar.repairs
 where book_id = $1
   and ($2::uuid is null
        or (revision, repair_id) < (select b.revision, b.repair_id
                                      from daftar.repairs as b
                                     where b.book_id = $1 and b.repair_id = $2))
 order by revision desc, repair_id desc
 limit $3
