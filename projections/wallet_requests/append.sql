-- What the append writes: the statement of write.sql, within append_2.
insert into wallet_requests as t (
  book_id, generation, request_id, wallet_id, customer_id, kind, state, currency, claimed, amount,
  payment_id, account, reference, reason, file_id, destination_id, requested_at, decided_at,
  position)
select p_book, v_generation, r.request_id, r.wallet_id, r.customer_id, r.kind, r.state,
       r.currency, r.claimed, r.amount, r.payment_id, r.account, r.reference, r.reason, r.file_id,
       r.destination_id, r.requested_at, r.decided_at, r.position
  from unnest(p_wallet_requests) as r
on conflict (book_id, generation, request_id)
do update set
  wallet_id = excluded.wallet_id, customer_id = excluded.customer_id, kind = excluded.kind,
  state = excluded.state, currency = excluded.currency,
  claimed = coalesce(excluded.claimed, t.claimed), amount = coalesce(excluded.amount, t.amount),
  payment_id = excluded.payment_id, account = excluded.account, reference = excluded.reference,
  reason = excluded.reason, file_id = coalesce(excluded.file_id, t.file_id),
  destination_id = coalesce(excluded.destination_id, t.destination_id),
  requested_at = coalesce(excluded.requested_at, t.requested_at),
  decided_at = excluded.decided_at, position = excluded.position;
