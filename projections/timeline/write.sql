-- Adds rows to one generation. One that is there already is an error: nothing is written twice.
create function write_timeline_1(p_book int, p_generation int, p_rows timeline_row[])
returns void
language plpgsql
as $$
begin
  insert into timeline as t (
    book_id, generation, order_id, position, stream_type, stream_id, sequence, event_type,
    actor_kind, actor_id, actor_role, reason, ticket, phase, currency, amount, recorded_at,
    effective_at)
  select p_book, p_generation, r.order_id, r.position, r.stream_type, r.stream_id, r.sequence,
         r.event_type, r.actor_kind, r.actor_id, r.actor_role, r.reason, r.ticket, r.phase,
         r.currency, r.amount, r.recorded_at, r.effective_at
    from unnest(p_rows) as r;
end
$$;

select guard_inner_function('write_timeline_1(int, int, timeline_row[])');
