select order_id, position, stream_type, stream_id, sequence, event_type, actor_kind, actor_id,
       actor_role, reason, ticket, phase, currency, amount, recorded_at, effective_at
  from daftar.timeline
 where book_id = $1 and generation = $2
 order by order_id, position
