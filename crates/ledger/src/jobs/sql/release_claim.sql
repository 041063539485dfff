-- Whoever comes next may take it at once. That it was left in order is not held against it.
update jobs
set state = 'waiting', claim = null, claimed_until = null, attempts = greatest(attempts - 1, 0)
where book_id = $1 and job_id = $2 and claim = $3
