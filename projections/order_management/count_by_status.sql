select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select current_status, department, count(*) as count
         from daftar.order_management
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'order_management')
        group by current_status, department
       ) as t on true
 where b.book_id = $1
 order by t.department, t.current_status
