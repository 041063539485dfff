select (select count(*) from daftar.events as e where e.book_id = b.book_id),
       coalesce((select max(e.position) from daftar.events as e where e.book_id = b.book_id), 0),
       (select e.hash from daftar.events as e where e.book_id = b.book_id
         order by e.position desc limit 1),
       b.position,
       b.hash
  from daftar.books as b
 where b.book_id = $1
