update jobs
set
  state = 'ready',
  claim = null,
  claimed_until = null,
  ready_until = clock_timestamp() + $4::int * interval '1 second',
  summary = $5,
  result = $6::text::json,
  -- It was about other differences.
  decision = null
where book_id = $1 and job_id = $2 and claim = $3
