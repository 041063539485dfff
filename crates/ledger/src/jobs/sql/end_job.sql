update jobs
set
  state = $4,
  claim = null,
  claimed_until = null,
  checkpoint = null,
  summary = $5,
  result = coalesce($6::text::json, result),
  ended_at = clock_timestamp()
where book_id = $1 and job_id = $2 and claim = $3
