-- What the append writes: the statement of write.sql, within append_2.
insert into timeline as t (
  book_id, generation, order_id, position, stream_type, stream_id, sequence, event_type,
  actor_kind, actor_id, actor_role, reason, ticket, phase, currency, amount, recorded_at,
  effective_at)
select p_book, v_generation, r.order_id, r.position, r.stream_type, r.stream_id, r.sequence,
       r.event_type, r.actor_kind, r.actor_id, r.actor_role, r.reason, r.ticket, r.phase,
       r.currency, r.amount, r.recorded_at, r.effective_at
  from unnest(p_timeline) as r;
