select job_id
from job_subjects
where book_id = $1 and subject = any($2)
order by subject
limit 1
