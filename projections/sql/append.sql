-- The append: the log moves first, by compare-and-set; only if it did are the read models written.
create function append_1(
  p_book int,
  p_expected_revision bigint,
  p_reader_format int,
  p_writer_format int,
  p_fold_set text,
  p_position bigint,
  p_hash bytea,
  p_recorded_at timestamptz,
  p_events event_row[],
  p_commands command_row[],
  p_customer_orders customer_orders_row[],
  p_order_management order_management_row[],
  p_wallet_balances wallet_balances_row[],
  p_wallet_lines wallet_lines_row[],
  p_payments payments_row[],
  p_journal_lines journal_lines_row[],
  p_timeline timeline_row[],
  p_imported_orders imported_orders_row[],
  p_deadlines deadlines_row[],
  p_wallet_requests wallet_requests_row[],
  p_suspense_items suspense_items_row[],
  p_statement_lines statement_lines_row[]
) returns text
language plpgsql
as $$
declare
  v_answer text := append_events_1(
    p_book, p_expected_revision, p_reader_format, p_writer_format, p_fold_set, p_position, p_hash,
    p_recorded_at, p_events, p_commands);
  v_live jsonb;
begin
  if v_answer <> 'ok' then
    return v_answer;
  end if;
  -- After the head was moved: no switch comes between.
  select jsonb_object_agg(name, generation) into v_live
    from book_projections
   where book_id = p_book;
  if cardinality(p_customer_orders) > 0 then
    perform write_customer_orders_1(
      p_book,
      (v_live ->> 'customer_orders')::int,
      p_customer_orders);
  end if;
  if cardinality(p_order_management) > 0 then
    perform write_order_management_1(
      p_book,
      (v_live ->> 'order_management')::int,
      p_order_management);
  end if;
  if cardinality(p_wallet_balances) > 0 then
    perform write_wallet_balances_1(
      p_book,
      (v_live ->> 'wallet_balances')::int,
      p_wallet_balances);
  end if;
  if cardinality(p_wallet_lines) > 0 then
    perform write_wallet_lines_1(
      p_book,
      (v_live ->> 'wallet_lines')::int,
      p_wallet_lines);
  end if;
  if cardinality(p_payments) > 0 then
    perform write_payments_1(
      p_book,
      (v_live ->> 'payments')::int,
      p_payments);
  end if;
  if cardinality(p_journal_lines) > 0 then
    perform write_journal_lines_1(
      p_book,
      (v_live ->> 'journal_lines')::int,
      p_journal_lines);
  end if;
  if cardinality(p_timeline) > 0 then
    perform write_timeline_1(
      p_book,
      (v_live ->> 'timeline')::int,
      p_timeline);
  end if;
  if cardinality(p_imported_orders) > 0 then
    perform write_imported_orders_1(
      p_book,
      (v_live ->> 'imported_orders')::int,
      p_imported_orders);
  end if;
  if cardinality(p_deadlines) > 0 then
    perform write_deadlines_1(
      p_book,
      (v_live ->> 'deadlines')::int,
      p_deadlines);
  end if;
  if cardinality(p_wallet_requests) > 0 then
    perform write_wallet_requests_1(
      p_book,
      (v_live ->> 'wallet_requests')::int,
      p_wallet_requests);
  end if;
  if cardinality(p_suspense_items) > 0 then
    perform write_suspense_items_1(
      p_book,
      (v_live ->> 'suspense_items')::int,
      p_suspense_items);
  end if;
  if cardinality(p_statement_lines) > 0 then
    perform write_statement_lines_1(
      p_book,
      (v_live ->> 'statement_lines')::int,
      p_statement_lines);
  end if;
  return 'ok';
end
$$;

select guard_function(
  'append_1(int, bigint, int, int, text, bigint, bytea, timestamptz, event_row[], command_row[], customer_orders_row[], order_management_row[], wallet_balances_row[], wallet_lines_row[], payments_row[], journal_lines_row[], timeline_row[], imported_orders_row[], deadlines_row[], wallet_requests_row[], suspense_items_row[], statement_lines_row[])');
