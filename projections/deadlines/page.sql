select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select d.order_id, d.kind, d.due_at, d.set_by, o.number, o.customer_id, o.phase
         from daftar.deadlines as d
         join daftar.order_management as o
           on o.book_id = $1
          and o.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'order_management')
          and o.order_id = d.order_id
        where d.book_id = $1
          and d.generation = (select generation from daftar.book_projections
                               where book_id = $1 and name = 'deadlines')
          and ($2::timestamptz is null or d.due_at < $2)
          and ($3::text[] is null or o.customer_id = any($3))
          and ($4::timestamptz is null or (d.due_at, d.order_id, d.kind) > ($4, $5, $6))
        order by d.due_at, d.order_id, d.kind
        limit $7
       ) as t on true
 where b.book_id = $1
 order by t.due_at, t.order_id, t.kind
