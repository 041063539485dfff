select coalesce(checkpoint -> 'place' ->> 'phase' = 'switched', false)
from jobs
where book_id = $1 and job_id = $2
