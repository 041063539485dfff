-- What the append writes: the statement of write.sql, within append_2.
insert into payments as t (
  book_id, generation, payment_id, kind, account, reference, gateway, gateway_id,
  transferred_on, note, customer_id, currency, amount, unallocated, corrected, reversed,
  held, held_account, matched_line, fee, recorded_at, version, position)
select p_book, v_generation, r.payment_id, r.kind, r.account, r.reference, r.gateway,
       r.gateway_id, r.transferred_on, r.note, r.customer_id, r.currency, r.amount,
       r.unallocated, r.corrected, r.reversed, r.held, r.held_account, r.matched_line, r.fee,
       r.recorded_at, r.version, r.position
  from unnest(p_payments) as r
on conflict (book_id, generation, payment_id)
do update set
  kind = excluded.kind, account = excluded.account, reference = excluded.reference,
  gateway = excluded.gateway, gateway_id = excluded.gateway_id,
  transferred_on = excluded.transferred_on, note = excluded.note,
  customer_id = excluded.customer_id, currency = excluded.currency, amount = excluded.amount,
  unallocated = excluded.unallocated, corrected = excluded.corrected,
  reversed = excluded.reversed, held = excluded.held, held_account = excluded.held_account,
  matched_line = excluded.matched_line, fee = coalesce(excluded.fee, t.fee),
  recorded_at = coalesce(excluded.recorded_at, t.recorded_at), version = excluded.version,
  position = excluded.position;
