update daftar.personal_data as p
   set is_named = true
 where p.book_id = $1
   and not p.is_named
   and p.created_at < $2
   and exists (
     select from daftar.events as e
      where e.book_id = p.book_id
        and e.aggregate_type = p.stream_type
        and e.aggregate_id = p.stream_id::text
        and strpos(e.payload::text, p.id::text) > 0)
