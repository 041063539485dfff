-- Of these events, the ones whose predecessor in the stream does not stand at a lower position.
select s.position
  from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[])
       as s (position, aggregate_type, aggregate_id, sequence)
 where not exists (
       select
         from daftar.events as e
        where e.book_id = $1
          and e.aggregate_type = s.aggregate_type
          and e.aggregate_id = s.aggregate_id
          and e.sequence = s.sequence - 1
          and e.position < s.position
       )
