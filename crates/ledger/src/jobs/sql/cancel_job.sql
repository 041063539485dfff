update jobs
set cancel_asked = true, cancel_asked_by = coalesce(cancel_asked_by, $3)
where book_id = $1 and job_id = $2
