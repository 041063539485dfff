-- Of each view the rebuild that is at it, and the last that readers were switched to.
select view.name, subject.job_id as current, last.job_id as last, last.ended_at, last.asked_by
from unnest($2::text[]) as view (name)
left join job_subjects subject on subject.book_id = $1 and subject.subject = view.name
left join lateral (
  select job_id, ended_at, asked_by
  from jobs
  where book_id = $1 and kind = 'rebuild' and state = 'done' and wish -> 'views' ? view.name
  order by asked_at desc, job_id desc
  limit 1
) last on true
