select aggregate_type, aggregate_id, position, why, found_at, found_by
from quarantined_streams
where book_id = $1
order by position
