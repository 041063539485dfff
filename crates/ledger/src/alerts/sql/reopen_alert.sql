update daftar.alerts
   set severity = $3, owner = $4, says = $5, evidence = $6::json, opened_at = $7, number = $8,
       times_opened = times_opened + 1, acknowledged_at = null, acknowledged_by = null,
       resolved_at = null
 where book_id = $1 and alert_id = $2
