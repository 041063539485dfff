-- What a monitor has open, and what it had open once and finds again.
select alert_id, subject, severity, owner, says, evidence::text as evidence,
       resolved_at is null as is_open
  from daftar.alerts
 where book_id = $1
   and monitor = $2
   and (resolved_at is null or subject = any ($3))
