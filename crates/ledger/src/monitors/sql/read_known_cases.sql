-- What the open alerts of a monitor were found by.
select subject, evidence
  from daftar.alerts
 where book_id = $1
   and monitor = $2
   and resolved_at is null
