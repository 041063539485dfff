-- What the append writes: the statement of write.sql, within append_2.
insert into wallet_lines as t (
  book_id, generation, wallet_id, sequence, kind, source, currency, amount, balance, order_id,
  payment_id, receipt_id, reason, recorded_at, position)
select p_book, v_generation, r.wallet_id, r.sequence, r.kind, r.source, r.currency, r.amount,
       r.balance, r.order_id, r.payment_id, r.receipt_id, r.reason, r.recorded_at, r.position
  from unnest(p_wallet_lines) as r;
