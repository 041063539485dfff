-- Of each stream, its first event after $2, if that stands after $3 and up to $4.
select e.position, e.aggregate_type, e.aggregate_id
  from daftar.events as e
 where e.book_id = $1
   and e.position > $3
   and e.position <= $4
   and not exists (
         select
           from daftar.events as before
          where before.book_id = e.book_id
            and before.aggregate_type = e.aggregate_type
            and before.aggregate_id = e.aggregate_id
            and before.sequence = e.sequence - 1
            and before.position > $2
       )
 order by e.position
