-- Whoever comes next may take it at once.
update jobs
set state = 'waiting', claim = null, claimed_until = null
where book_id = $1 and job_id = $2 and claim = $3
