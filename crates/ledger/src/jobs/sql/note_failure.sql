-- Before anything is deleted: whoever has to go on with that knows what came of the job.
update jobs
set failure = $4::text::json
where book_id = $1 and job_id = $2 and claim = $3
