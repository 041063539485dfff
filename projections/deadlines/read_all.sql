select order_id, kind, due_at, set_by, position, remindable, false as is_anew
  from daftar.deadlines
 where book_id = $1 and generation = $2
 order by order_id, kind
