insert into timeline (book_id, generation, order_id, position, stream_type, stream_id, sequence,
                      event_type, actor_kind, actor_id, actor_role, phase, recorded_at, effective_at)
values (1, 1, $1, $2, 'order', $1, $3, $4, 'service', 'storefront', 'admin', $5, $6, $6)
