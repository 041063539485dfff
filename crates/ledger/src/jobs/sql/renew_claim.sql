update jobs
set claimed_until = clock_timestamp() + $4::int * interval '1 second'
where book_id = $1 and job_id = $2 and claim = $3
