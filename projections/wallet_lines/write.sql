-- Adds rows to one generation. One that is there already is an error: nothing is written twice.
create function write_wallet_lines_1(p_book int, p_generation int, p_rows wallet_lines_row[])
returns void
language plpgsql
as $$
begin
  insert into wallet_lines as t (
    book_id, generation, wallet_id, sequence, kind, source, currency, amount, balance, order_id,
    payment_id, receipt_id, reason, recorded_at, position)
  select p_book, p_generation, r.wallet_id, r.sequence, r.kind, r.source, r.currency, r.amount,
         r.balance, r.order_id, r.payment_id, r.receipt_id, r.reason, r.recorded_at, r.position
    from unnest(p_rows) as r;
end
$$;

select guard_inner_function('write_wallet_lines_1(int, int, wallet_lines_row[])');
