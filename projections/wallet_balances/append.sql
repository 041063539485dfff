-- What the append writes: the statement of write.sql, within append_2.
insert into wallet_balances as t (
  book_id, generation, wallet_id, customer_id, currency, balance, debt, frozen, closed,
  version, position)
select p_book, v_generation, r.wallet_id, r.customer_id, r.currency, r.balance, r.debt, r.frozen,
       r.closed, r.version, r.position
  from unnest(p_wallet_balances) as r
on conflict (book_id, generation, wallet_id)
do update set
  customer_id = excluded.customer_id, currency = excluded.currency, balance = excluded.balance,
  debt = excluded.debt, frozen = excluded.frozen, closed = excluded.closed,
  version = excluded.version, position = excluded.position;
