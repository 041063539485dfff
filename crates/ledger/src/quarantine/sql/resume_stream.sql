with gone as (
  delete from quarantined_streams
  where book_id = $1 and aggregate_type = $2 and aggregate_id = $3 and position = $4
  returning *
)
insert into resumed_streams (
  book_id, aggregate_type, aggregate_id, found_at, position, why, found_by, resumed_by, reason
)
select book_id, aggregate_type, aggregate_id, found_at, position, why, found_by, $5, $6
from gone
