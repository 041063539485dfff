select c.revision - 1
  from daftar.events as e
  join daftar.commands as c on c.book_id = e.book_id and c.command_id = e.command_id
 where e.book_id = $1 and e.position = $2
