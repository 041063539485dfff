select alert_id, monitor, subject, severity, owner, says, evidence::text as evidence, times_opened,
       opened_at, acknowledged_at, acknowledged_by, resolved_at, number
  from daftar.alerts
 where book_id = $1 and alert_id = $2
