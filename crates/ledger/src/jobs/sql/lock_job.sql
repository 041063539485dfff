select 1 from jobs where book_id = $1 and job_id = $2 for update
