delete from jobs
where book_id = $1
  and job_id in (
    select job_id
    from jobs
    where book_id = $1 and ended_at < clock_timestamp() - $2::int * interval '1 day'
    order by asked_at
    limit 100
  )
