select checkpoint::text from jobs where book_id = $1 and job_id = $2
