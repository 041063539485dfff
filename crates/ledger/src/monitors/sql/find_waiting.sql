-- Receipts of orders and requests to top wallets up that wait for finance, the oldest first, with what
-- their customers sent. Both views keep an index of what is open; the rest is looked up by key.
select true as is_of_order, m.order_id as stream_id, (sent.receipt->>'receipt')::uuid as id,
       m.customer_id, m.number, m.currency, m.owed,
       m.phase in ('cancelled', 'expired') as is_over,
       (sent.receipt->'claimed'->>'amount')::numeric as claimed,
       sent.receipt->>'file' as file, sent.recorded_at as sent_at
  from daftar.order_management as m
 cross join lateral (
       select e.sequence, e.recorded_at,
              coalesce(e.payload->'receipt_uploaded', e.payload->'imported'->'receipt') as receipt
         from daftar.events as e
        where e.book_id = $1
          and e.aggregate_type = 'order'
          and e.aggregate_id = m.order_id::text
          and e.event_type in ('receipt_uploaded', 'imported')
       ) as sent
 where m.book_id = $1
   and m.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'order_management')
   and m.open_receipt_id is not null
   and sent.receipt->>'receipt' is not null
   and not exists (
       select
         from daftar.events as d
        where d.book_id = $1
          and d.aggregate_type = 'order'
          and d.aggregate_id = m.order_id::text
          and d.sequence > sent.sequence
          and d.event_type in ('receipt_approved', 'receipt_rejected')
          and coalesce(d.payload->'receipt_approved', d.payload->'receipt_rejected')->>'receipt'
              = sent.receipt->>'receipt')
 union all
select false, w.wallet_id, w.request_id, w.customer_id, null, w.currency, null, false, w.claimed,
       e.payload->'top_up_requested'->>'file', e.recorded_at
  from daftar.wallet_requests as w
  join daftar.events as e on e.book_id = $1 and e.position = w.position
 where w.book_id = $1
   and w.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'wallet_requests')
   and w.state = 'open'
   and w.kind = 'top_up'
 order by sent_at, id
 limit $2
