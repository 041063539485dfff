-- Writes rows of one generation. A key stands in a batch once, in its last state. What its first
-- event alone knows is kept.
create function write_suspense_items_1(p_book int, p_generation int, p_rows suspense_items_row[])
returns void
language plpgsql
as $$
begin
  insert into suspense_items as t (
    book_id, generation, suspense_id, item, currency, balance, owner, reason, settled, opened_at,
    updated_at, version, position)
  select p_book, p_generation, r.suspense_id, r.item, r.currency, r.balance, r.owner, r.reason,
         r.settled, r.opened_at, r.updated_at, r.version, r.position
    from unnest(p_rows) as r
  on conflict (book_id, generation, suspense_id)
  do update set
    item = excluded.item, currency = excluded.currency, balance = excluded.balance,
    owner = excluded.owner, reason = excluded.reason, settled = excluded.settled,
    opened_at = coalesce(excluded.opened_at, t.opened_at), updated_at = excluded.updated_at,
    version = excluded.version, position = excluded.position;
end
$$;

select guard_inner_function('write_suspense_items_1(int, int, suspense_items_row[])');
