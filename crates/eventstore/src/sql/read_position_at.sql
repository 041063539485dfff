-- recorded_at never decreases along positions: the append refuses it. So halving finds the last event
-- of a time, by one look at the primary key a step; the limit keeps each look from becoming a scan.
with recursive halved (low, high) as (
  select 0::bigint, b.position + 1
    from daftar.books as b
   where b.book_id = $1
   union all
  select case when looked.is_by_then then h.middle else h.low end,
         case when looked.is_by_then then h.high else h.middle end
    from (select low, high, (low + high) / 2 as middle from halved where high - low > 1) as h
   cross join lateral (
         select e.recorded_at <= $2 as is_by_then
           from daftar.events as e
          where e.book_id = $1 and e.position = h.middle
          limit 1
         ) as looked
)
select low from halved where high - low = 1
