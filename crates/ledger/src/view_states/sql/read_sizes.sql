-- How large each view is, by the statistics of the database: nothing is counted. A book's share of a
-- table is how often its id stands there; of one that is not among the commonest, what the others leave.
select
  view.name,
  case when class.reltuples >= 0 then round(class.reltuples * share.of_book)::bigint end as rows,
  round(pg_total_relation_size(class.oid) * coalesce(share.of_book, 1))::bigint as bytes
from unnest($2::text[]) as view (name)
join pg_class class on class.oid = to_regclass(view.name)
left join pg_stats stats
  on stats.schemaname = class.relnamespace::regnamespace::text
  and stats.tablename = class.relname
  and stats.attname = 'book_id'
left join lateral (
  select
    sum(frequency) filter (where value = $1) as own,
    sum(frequency) as listed,
    count(*) as values_listed
  from unnest(stats.most_common_vals::text::int[], stats.most_common_freqs) as common (value, frequency)
) common on true
left join lateral (
  select case
    when stats.tablename is null then null
    when common.own is not null then common.own
    -- Each of the others has an equal part of the rest; a table's only book has all of it.
    else (1 - coalesce(common.listed, 0)) / greatest(stats.n_distinct - common.values_listed, 1)
  end as of_book
) share on true
order by view.name
