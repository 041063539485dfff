insert into quarantined_streams (book_id, aggregate_type, aggregate_id, position, why, found_by)
select $1, found.aggregate_type, found.aggregate_id, found.position, found.why, $6
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[])
  as found (aggregate_type, aggregate_id, position, why)
on conflict do nothing
returning aggregate_type, aggregate_id
