update jobs
set
  state = 'waiting',
  ready_until = null,
  decision = json_build_object('accept_differences', $3::boolean, 'by', $4::text,
    'at', clock_timestamp())
where book_id = $1 and job_id = $2
