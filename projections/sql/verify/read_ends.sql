select (select max(position) from daftar.events where book_id = $1 and position > $2),
       (select max(revision) from daftar.commands where book_id = $1)
