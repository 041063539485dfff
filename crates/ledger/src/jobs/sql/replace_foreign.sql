-- A rebuild of views that all are rebuilt anew: whoever does that sweeps what this one wrote.
update jobs
set
  state = 'cancelled',
  claim = null,
  claimed_until = null,
  checkpoint = null,
  failure = $6::text::json,
  summary = 'replaced: another build was asked for the same',
  ended_at = clock_timestamp()
where book_id = $1
  and job_id = $2
  and folds <> $3
  and (state = 'waiting' or state = 'running' and claimed_until < clock_timestamp())
  and greatest(asked_at, claimed_until) < clock_timestamp() - $4::int * interval '1 second'
  and coalesce(checkpoint -> 'place' ->> 'phase', '') <> 'switched'
  and coalesce(wish -> 'views' <@ to_jsonb($5::text[]), true)
returning begun_at is not null
