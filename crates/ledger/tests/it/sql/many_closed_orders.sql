-- One order as it stands, many times over and closed, and a hundred times over and open; each with a
-- story of six events.
alter table daftar.order_management disable trigger user;
alter table daftar.customer_orders disable trigger user;
alter table daftar.timeline disable trigger user;

create temporary table copies as
  select gen_random_uuid() as copy, n > 20000 as is_open from generate_series(1, 20100) as n;

insert into daftar.order_management
  select m.book_id, m.generation, c.copy, m.number || '-' || c.copy, m.customer_id, m.current_status,
         m.department, m.phase, m.payment_status, m.payment_method, m.currency, m.released, m.due,
         m.received, m.owed, m.held, null, m.open_receipt_id, m.in_import_review, c.is_open,
         m.on_hold_departments, m.on_hold_reasons, m.placed_at, m.updated_at, m.version, m.position
    from daftar.order_management as m, copies as c;

insert into daftar.customer_orders
  select o.book_id, o.generation, c.copy, o.number || '-' || c.copy, null, null, null, o.customer_id,
         o.status, o.payment_status, o.payment_method, o.currency, o.total, o.paid, o.placed_at,
         o.deadline, o.version, o.position
    from daftar.customer_orders as o, copies as c;

insert into daftar.timeline
  select t.book_id, t.generation, c.copy, t.position + n, t.stream_type, t.stream_id, t.sequence + n,
         t.event_type, t.actor_kind, t.actor_id, t.actor_role, t.reason, t.ticket, t.phase, t.currency,
         t.amount, t.recorded_at, t.effective_at
    from daftar.timeline as t, copies as c, generate_series(1, 6) as n
   where t.position = (select max(position) from daftar.timeline);

analyze daftar.order_management;
analyze daftar.customer_orders;
analyze daftar.timeline;
