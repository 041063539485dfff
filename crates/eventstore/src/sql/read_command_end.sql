-- The first event of another command comes right after the last of this one.
select coalesce(
         (select e.position - 1
            from daftar.events as e
           where e.book_id = $1 and e.position > $2 and e.command_id <> c.command_id
           order by e.position
           limit 1),
         b.position)
  from daftar.books as b
  join daftar.events as c on c.book_id = b.book_id and c.position = $2
 where b.book_id = $1
