-- Takes one job that nobody works at, this one or whichever was asked for first: it waits, its claim
-- ran out, it is to be cancelled, or nobody decided about it in time. What another build began is
-- left to that build, unless it is to be cancelled or that build has not been seen for a day.
with free as (
  select job_id, state, folds <> $5 as is_foreign
  from jobs
  where book_id = $1
    and ended_at is null
    and ($2::uuid is null or job_id = $2)
    and (
      state = 'waiting'
      or state = 'running' and claimed_until < clock_timestamp()
      or state = 'ready' and (cancel_asked or ready_until < clock_timestamp())
    )
    and (
      folds = $5
      or cancel_asked
      or greatest(asked_at, claimed_until, ready_until)
        < clock_timestamp() - $6::int * interval '1 second'
    )
  order by asked_at, job_id
  limit 1
  for update skip locked
)
update jobs
set
  state = 'running',
  claim = $3,
  claimed_until = clock_timestamp() + $4::int * interval '1 second',
  ready_until = null,
  begun_at = coalesce(begun_at, clock_timestamp()),
  cancel_asked = cancel_asked or free.state = 'ready' or free.is_foreign,
  failure = case
    when cancel_asked then failure
    when free.state = 'ready' then $7::text::json
    when free.is_foreign then $8::text::json
    else failure
  end
from free
where jobs.book_id = $1 and jobs.job_id = free.job_id
returning jobs.job_id
