delete from job_subjects where book_id = $1 and job_id = $2
