with share as (
     select coalesce(sum(position) filter (where book_id = $1), 0) / greatest(sum(position), 1) as part
       from daftar.books
), size as (
     select name,
            pg_table_size('daftar.' || quote_ident(name)) as heap,
            pg_indexes_size('daftar.' || quote_ident(name)) as indexes,
            exists (select from daftar.book_projections as p
                     where p.book_id = $1 and p.name = n.name) as is_live
       from unnest($3::text[]) as n (name)
), largest as (
     select coalesce(max(heap), 0) as heap, coalesce(max(indexes), 0) as indexes from size
)
select coalesce(ceil(sum(case when s.is_live then s.heap else l.heap end) * min(share.part)), 0)::bigint,
       coalesce(ceil(sum(case when s.is_live then s.indexes else l.indexes end) * min(share.part)), 0)::bigint
  from size as s, largest as l, share
 where s.name = any ($2)
