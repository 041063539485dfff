-- What rebuilds that have not ended are filling. One that is cancelled or failed is deleting it.
select target ->> 'name', (target ->> 'generation')::int
from jobs, json_array_elements(checkpoint -> 'targets') as target
where book_id = $1 and ended_at is null and kind = 'rebuild' and checkpoint is not null
