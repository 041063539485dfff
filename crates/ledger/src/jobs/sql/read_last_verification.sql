-- Only one that looked at everything: what --since believes may be wrong.
select
  extract(epoch from ended_at)::bigint,
  (result ->> 'found')::bigint
from jobs
where book_id = $1 and kind = 'verification' and state = 'done' and wish ->> 'since' is null
order by ended_at desc
limit 1
