select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select order_id, kind, due_at, set_by
         from daftar.deadlines
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'deadlines')
          and remindable
          and due_at > $2
          and due_at <= $3
          and ($4::timestamptz is null or (due_at, order_id) > ($4, $5))
        order by due_at, order_id
        limit $6
       ) as t on true
 where b.book_id = $1
 order by t.due_at, t.order_id
