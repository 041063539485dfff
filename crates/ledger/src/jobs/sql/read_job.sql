select
  job_id, state, wish::text as wish, folds,
  coalesce(claimed_until > clock_timestamp(), false) as is_held,
  progress::text as progress, summary, result::text as result, failure::text as failure,
  decision::text as decision, cancel_asked, cancel_asked_by, ready_until, asked_by, asked_at,
  begun_at, ended_at
from jobs
where book_id = $1 and job_id = $2
