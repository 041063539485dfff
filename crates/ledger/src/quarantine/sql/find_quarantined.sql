select aggregate_type, aggregate_id, position, why, found_at, found_by
from quarantined_streams
where book_id = $1 and aggregate_type = $2 and aggregate_id = $3
