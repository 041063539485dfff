update jobs
set result = $4::text::json
where book_id = $1 and job_id = $2 and claim = $3
