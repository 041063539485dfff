select b.position as head_position, b.hash as head_hash, t.*,
       (select e.metadata ->> 'approved_by'
          from daftar.events as e
         where e.book_id = $1 and e.position = t.position) as approved_by,
       (select e.metadata ->> 'department'
          from daftar.events as e
         where e.book_id = $1 and e.position = t.position) as department
  from daftar.books as b
  left join lateral (
       select order_id, position, stream_type, stream_id, sequence, event_type, actor_kind,
              actor_id, actor_role, reason, ticket, phase, currency, amount, recorded_at,
              effective_at
         from daftar.timeline
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'timeline')
          and order_id = $2
          and position > $3
        order by position
        limit $4
       ) as t on true
 where b.book_id = $1
 order by t.position
