-- What the append writes: the statement of write.sql, within append_2.
insert into suspense_items as t (
  book_id, generation, suspense_id, item, currency, balance, owner, reason, settled, opened_at,
  updated_at, version, position)
select p_book, v_generation, r.suspense_id, r.item, r.currency, r.balance, r.owner, r.reason,
       r.settled, r.opened_at, r.updated_at, r.version, r.position
  from unnest(p_suspense_items) as r
on conflict (book_id, generation, suspense_id)
do update set
  item = excluded.item, currency = excluded.currency, balance = excluded.balance,
  owner = excluded.owner, reason = excluded.reason, settled = excluded.settled,
  opened_at = coalesce(excluded.opened_at, t.opened_at), updated_at = excluded.updated_at,
  version = excluded.version, position = excluded.position;
