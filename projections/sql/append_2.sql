-- The append: the log moves first, by compare-and-set; only if it did are the read models written. Each is
-- written here and not by its own function: a call is a statement more, and one that changes who is asking.
create function append_2(
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
  v_generation int;
begin
  if v_answer <> 'ok' then
    return v_answer;
  end if;
  -- After the head was moved: no switch comes between.
  select jsonb_object_agg(name, generation) into v_live
    from book_projections
   where book_id = p_book;

  if cardinality(p_customer_orders) > 0 then
    v_generation := v_live ->> 'customer_orders';
    insert into customer_orders as t (
      book_id, generation, order_id, number, series, counter, epoch, customer_id, status,
      payment_status, payment_method, currency, total, paid, placed_at, deadline, version, position)
    select p_book, v_generation, r.order_id, r.number, r.series, r.counter, r.epoch, r.customer_id,
           r.status, r.payment_status, r.payment_method, r.currency, r.total, r.paid, r.placed_at,
           r.deadline, r.version, r.position
      from unnest(p_customer_orders) as r
    on conflict (book_id, generation, order_id)
    do update set
      number = excluded.number, series = excluded.series, counter = excluded.counter,
      epoch = excluded.epoch, customer_id = excluded.customer_id, status = excluded.status,
      payment_status = excluded.payment_status, payment_method = excluded.payment_method,
      currency = excluded.currency, total = excluded.total, paid = excluded.paid,
      placed_at = coalesce(excluded.placed_at, t.placed_at), deadline = excluded.deadline,
      version = excluded.version, position = excluded.position;
  end if;

  if cardinality(p_order_management) > 0 then
    v_generation := v_live ->> 'order_management';
    insert into order_management as t (
      book_id, generation, order_id, number, customer_id, current_status, department, phase,
      payment_status, payment_method, currency, released, due, received, owed, held, deadline,
      open_receipt_id, in_import_review, is_open, on_hold_departments, on_hold_reasons, placed_at,
      updated_at, version, position)
    select p_book, v_generation, r.order_id, r.number, r.customer_id, r.current_status,
           r.department, r.phase, r.payment_status, r.payment_method, r.currency, r.released,
           r.due, r.received, r.owed, r.held, r.deadline, r.open_receipt_id, r.in_import_review,
           r.is_open, r.on_hold_departments, r.on_hold_reasons, r.placed_at, r.updated_at, r.version,
           r.position
      from unnest(p_order_management) as r
    on conflict (book_id, generation, order_id)
    do update set
      number = excluded.number, customer_id = excluded.customer_id,
      current_status = excluded.current_status, department = excluded.department,
      phase = excluded.phase, payment_status = excluded.payment_status,
      payment_method = excluded.payment_method, currency = excluded.currency,
      released = excluded.released, due = excluded.due, received = excluded.received,
      owed = excluded.owed, held = excluded.held, deadline = excluded.deadline,
      open_receipt_id = excluded.open_receipt_id, in_import_review = excluded.in_import_review,
      is_open = excluded.is_open, on_hold_departments = excluded.on_hold_departments,
      on_hold_reasons = excluded.on_hold_reasons,
      placed_at = coalesce(excluded.placed_at, t.placed_at), updated_at = excluded.updated_at,
      version = excluded.version, position = excluded.position;
  end if;

  if cardinality(p_wallet_balances) > 0 then
    v_generation := v_live ->> 'wallet_balances';
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
  end if;

  if cardinality(p_wallet_lines) > 0 then
    v_generation := v_live ->> 'wallet_lines';
    insert into wallet_lines as t (
      book_id, generation, wallet_id, sequence, kind, source, currency, amount, balance, order_id,
      payment_id, receipt_id, reason, recorded_at, position)
    select p_book, v_generation, r.wallet_id, r.sequence, r.kind, r.source, r.currency, r.amount,
           r.balance, r.order_id, r.payment_id, r.receipt_id, r.reason, r.recorded_at, r.position
      from unnest(p_wallet_lines) as r;
  end if;

  if cardinality(p_payments) > 0 then
    v_generation := v_live ->> 'payments';
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
  end if;

  if cardinality(p_journal_lines) > 0 then
    v_generation := v_live ->> 'journal_lines';
    insert into journal_lines as t (
      book_id, generation, position, line, account, item, side, amount, currency, rules,
      stream_type, stream_id, recorded_at, effective_at)
    select p_book, v_generation, r.position, r.line, r.account, r.item, r.side, r.amount,
           r.currency, r.rules, r.stream_type, r.stream_id, r.recorded_at, r.effective_at
      from unnest(p_journal_lines) as r;
  end if;

  if cardinality(p_timeline) > 0 then
    v_generation := v_live ->> 'timeline';
    insert into timeline as t (
      book_id, generation, order_id, position, stream_type, stream_id, sequence, event_type,
      actor_kind, actor_id, actor_role, reason, ticket, phase, currency, amount, recorded_at,
      effective_at)
    select p_book, v_generation, r.order_id, r.position, r.stream_type, r.stream_id, r.sequence,
           r.event_type, r.actor_kind, r.actor_id, r.actor_role, r.reason, r.ticket, r.phase,
           r.currency, r.amount, r.recorded_at, r.effective_at
      from unnest(p_timeline) as r;
  end if;

  if cardinality(p_imported_orders) > 0 then
    v_generation := v_live ->> 'imported_orders';
    insert into imported_orders as t (
      book_id, generation, order_id, number, epoch, customer_id, customer_status, payment_status,
      management_status, payment_method, old_rows, classes, findings, debits, currency, total,
      proven, stage, placed_at, recorded_at, position)
    select p_book, v_generation, r.order_id, r.number, r.epoch, r.customer_id, r.customer_status,
           r.payment_status, r.management_status, r.payment_method, r.old_rows, r.classes,
           r.findings, r.debits, r.currency, r.total, r.proven, r.stage, r.placed_at,
           r.recorded_at, r.position
      from unnest(p_imported_orders) as r;
  end if;

  if cardinality(p_deadlines) > 0 then
    v_generation := v_live ->> 'deadlines';
    delete from deadlines as t
     using unnest(p_deadlines) as r
     where t.book_id = p_book
       and t.generation = v_generation
       and t.order_id = r.order_id
       and t.kind = r.kind
       and r.due_at is null;
    update deadlines as t
       set remindable = r.remindable
      from unnest(p_deadlines) as r
     where t.book_id = p_book
       and t.generation = v_generation
       and t.order_id = r.order_id
       and t.kind = r.kind
       and t.remindable <> r.remindable;
    insert into deadlines as t (
      book_id, generation, order_id, kind, due_at, set_by, position, remindable)
    select p_book, v_generation, r.order_id, r.kind, r.due_at, r.set_by, r.position, r.remindable
      from unnest(p_deadlines) as r
     where r.due_at is not null
    on conflict (book_id, generation, order_id, kind)
    do update set
      due_at = excluded.due_at, set_by = excluded.set_by, position = excluded.position
     where t.due_at <> excluded.due_at
        or exists (select from unnest(p_deadlines) as r
                    where r.order_id = excluded.order_id and r.kind = excluded.kind and r.is_anew);
  end if;

  if cardinality(p_wallet_requests) > 0 then
    v_generation := v_live ->> 'wallet_requests';
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
  end if;

  if cardinality(p_suspense_items) > 0 then
    v_generation := v_live ->> 'suspense_items';
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
  end if;

  if cardinality(p_statement_lines) > 0 then
    v_generation := v_live ->> 'statement_lines';
    insert into statement_lines as t (
      book_id, generation, line_id, account, line, date, currency, amount, reference, matched, fee,
      recorded_at, version, position)
    select p_book, v_generation, r.line_id, r.account, r.line, r.date, r.currency, r.amount,
           r.reference, r.matched, r.fee, r.recorded_at, r.version, r.position
      from unnest(p_statement_lines) as r
    on conflict (book_id, generation, line_id)
    do update set
      account = excluded.account, line = excluded.line, date = excluded.date,
      currency = excluded.currency, amount = excluded.amount, reference = excluded.reference,
      matched = excluded.matched, fee = excluded.fee,
      recorded_at = coalesce(excluded.recorded_at, t.recorded_at), version = excluded.version,
      position = excluded.position;
  end if;

  return 'ok';
end
$$;

select guard_function(
  'append_2(int, bigint, int, int, text, bigint, bytea, timestamptz, event_row[], command_row[], customer_orders_row[], order_management_row[], wallet_balances_row[], wallet_lines_row[], payments_row[], journal_lines_row[], timeline_row[], imported_orders_row[], deadlines_row[], wallet_requests_row[], suspense_items_row[], statement_lines_row[])');
