-- Without results, which may name thousands of differences.
select
  job_id, state, wish::text as wish, folds,
  coalesce(claimed_until > clock_timestamp(), false) as is_held,
  progress::text as progress, summary, null::text as result, failure::text as failure,
  decision::text as decision, cancel_asked, cancel_asked_by, ready_until, asked_by, asked_at,
  begun_at, ended_at
from jobs
where book_id = $1
  and ($2::text is null or kind = $2)
  and ($3::text is null or state = $3)
  and ($4::uuid is null or (asked_at, job_id) < (
    select before.asked_at, before.job_id
    from jobs as before
    where before.book_id = $1 and before.job_id = $4
  ))
order by asked_at desc, job_id desc
limit $5
