-- Those that changed last come first; a page goes on below the number that the last one ended with.
select alert_id, monitor, subject, severity, owner, says, evidence::text as evidence, times_opened,
       opened_at, acknowledged_at, acknowledged_by, resolved_at, number
  from daftar.alerts
 where book_id = $1
   and ($2::text is null
        or $2 = case when resolved_at is not null then 'resolved'
                     when acknowledged_at is not null then 'acknowledged'
                     else 'opened' end)
   and ($3::text is null or severity = $3)
   and ($4::text is null or owner = $4)
   and ($5::text is null or monitor = $5)
   and ($6::bigint is null or number < $6)
 order by number desc
 limit $7
