-- The last failure of each piece of work in the last week that nobody has done with success since: a
-- rebuild of these views or more, a verification of as much or more.
select distinct on (j.kind, j.wish)
       j.job_id, j.kind, j.wish -> 'views' as views, j.summary, j.failure, j.asked_by, j.ended_at
  from daftar.jobs as j
 where j.book_id = $1
   and j.state = 'failed'
   and j.ended_at > clock_timestamp() - interval '7 days'
   and not exists (
       select
         from daftar.jobs as l
        where l.book_id = j.book_id
          and l.kind = j.kind
          and l.state = 'done'
          and l.ended_at > j.ended_at
          and (l.kind <> 'rebuild' or (l.wish -> 'views') @> (j.wish -> 'views'))
          and coalesce((l.wish ->> 'since')::bigint, 0)
              <= coalesce((j.wish ->> 'since')::bigint, 0))
 order by j.kind, j.wish, j.ended_at desc
 limit $2
