-- What is built whole has its room already.
select book_id, array(select jsonb_array_elements_text(wish -> 'views'))
from jobs
where ended_at is null
  and kind = 'rebuild'
  and job_id is distinct from $1
  and not cancel_asked
  and coalesce(checkpoint -> 'place' ->> 'phase', '') not in ('tail', 'switched')
