-- The streams of types that a build does not know, each with its first event. The types are found from
-- one to the next, without a look at every event.
with recursive types as (
     (select aggregate_type from daftar.events where book_id = $1 order by aggregate_type limit 1)
     union all
     select (select e.aggregate_type
               from daftar.events as e
              where e.book_id = $1 and e.aggregate_type > t.aggregate_type
              order by e.aggregate_type limit 1)
       from types as t
      where t.aggregate_type is not null
)
select e.aggregate_type, e.aggregate_id, min(e.position)
  from types as t
  join daftar.events as e on e.book_id = $1 and e.aggregate_type = t.aggregate_type
 where t.aggregate_type <> all ($2)
   and e.position <= $3
 group by e.aggregate_type, e.aggregate_id
 order by 3
 limit $4
