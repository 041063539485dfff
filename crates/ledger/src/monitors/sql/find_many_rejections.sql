-- Customers of whom finance refused at least so many receipts after a position, those of requests to top
-- a wallet up included. The refusals have an index of their own; what they are of is looked up by key.
with refused as materialized (
  select aggregate_type, aggregate_id::uuid as id, position, recorded_at,
         coalesce(payload->'receipt_rejected', payload->'top_up_rejected')->>'reason' as reason
    from daftar.events
   where book_id = $1
     and position > $2
     and event_type in ('receipt_rejected', 'top_up_rejected')
)
select coalesce(o.customer_id, w.customer_id) as customer_id, count(*) as refused,
       min(r.recorded_at) as first_at, max(r.recorded_at) as last_at,
       array_agg(r.position order by r.position) as positions,
       array_agg(distinct o.number) filter (where o.number is not null) as orders,
       array_agg(r.reason order by r.position) as reasons
  from refused as r
  left join daftar.order_management as o
    on r.aggregate_type = 'order'
   and o.book_id = $1
   and o.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'order_management')
   and o.order_id = r.id
  left join daftar.wallet_balances as w
    on r.aggregate_type = 'wallet'
   and w.book_id = $1
   and w.generation = (select generation from daftar.book_projections
                        where book_id = $1 and name = 'wallet_balances')
   and w.wallet_id = r.id
 group by 1
having count(*) >= $3 and coalesce(o.customer_id, w.customer_id) is not null
 order by min(r.recorded_at), 1
 limit $4
