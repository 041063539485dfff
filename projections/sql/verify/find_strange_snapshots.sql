-- Saved states of streams of a type that nobody knows.
select aggregate_type, aggregate_id, sequence
  from daftar.snapshots
 where book_id = $1
   and aggregate_type <> all ($2)
 order by aggregate_type, aggregate_id
 limit 1000
