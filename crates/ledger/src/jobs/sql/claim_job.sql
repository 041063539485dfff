-- Takes one job that nobody works at, this one or whichever was asked for first: it waits, its claim
-- ran out, it is to be cancelled, or nobody decided about it in time. What another build began is
-- left to that build, unless only old rows are left to delete, it is to be cancelled and names no view
-- that is unknown here, or that build has not been seen for a day. A rebuild of a stopped book waits:
-- it could not switch, and what it would fold is in question.
with free as (
  select
    job_id, state, folds <> $5 as is_foreign, attempts >= $10::int as is_given_up,
    coalesce(checkpoint -> 'place' ->> 'phase' = 'switched', false) as is_switched
  from jobs
  where book_id = $1
    and ended_at is null
    and ($2::uuid is null or job_id = $2)
    and (
      kind <> 'rebuild'
      or cancel_asked
      or not exists (select from stopped_books as s where s.book_id = $1)
    )
    and (
      state = 'waiting'
      or state = 'running' and claimed_until < clock_timestamp()
      or state = 'ready' and (cancel_asked or ready_until < clock_timestamp())
    )
    and (
      folds = $5
      or (cancel_asked or coalesce(checkpoint -> 'place' ->> 'phase' = 'switched', false))
        and coalesce(wish -> 'views' <@ to_jsonb($11::text[]), true)
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
  attempts = attempts + 1,
  ready_until = null,
  begun_at = coalesce(begun_at, clock_timestamp()),
  cancel_asked = cancel_asked or free.state = 'ready' or free.is_foreign and not free.is_switched,
  failure = case
    when free.is_switched or cancel_asked then failure
    when free.state = 'ready' then $7::text::json
    when free.is_foreign then $8::text::json
    when free.is_given_up then coalesce(failure, $9::text::json)
    else failure
  end
from free
where jobs.book_id = $1 and jobs.job_id = free.job_id
returning jobs.job_id
