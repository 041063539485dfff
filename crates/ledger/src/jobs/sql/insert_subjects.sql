-- In one order, so that two jobs that are asked for at a time never wait for each other in turn.
insert into job_subjects (book_id, subject, job_id)
select $1, subject, $2
from unnest($3::text[]) as subject
order by subject
on conflict (book_id, subject) do nothing
