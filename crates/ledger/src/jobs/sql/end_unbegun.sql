update jobs
set state = 'cancelled', summary = 'cancelled before it began', ended_at = clock_timestamp()
where book_id = $1 and job_id = $2
