-- Writes rows of one generation. A key stands in a batch once, in its last state.
create function write_wallet_balances_1(p_book int, p_generation int, p_rows wallet_balances_row[])
returns void
language plpgsql
as $$
begin
  insert into wallet_balances as t (
    book_id, generation, wallet_id, customer_id, currency, balance, debt, frozen, closed,
    version, position)
  select p_book, p_generation, r.wallet_id, r.customer_id, r.currency, r.balance, r.debt, r.frozen,
         r.closed, r.version, r.position
    from unnest(p_rows) as r
  on conflict (book_id, generation, wallet_id)
  do update set
    customer_id = excluded.customer_id, currency = excluded.currency, balance = excluded.balance,
    debt = excluded.debt, frozen = excluded.frozen, closed = excluded.closed,
    version = excluded.version, position = excluded.position;
end
$$;

select guard_inner_function('write_wallet_balances_1(int, int, wallet_balances_row[])');
