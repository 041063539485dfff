-- Decisions that name an event which is not there.
select c.command_id, c.position
  from daftar.commands as c
 where c.book_id = $1
   -- Where a book was still empty, a refusal stands at position 0, before any event.
   and c.position > 0
   and not exists (
       select from daftar.events as e where e.book_id = $1 and e.position = c.position)
 order by c.position
 limit 10000
