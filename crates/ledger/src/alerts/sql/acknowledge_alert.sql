update daftar.alerts
   set acknowledged_at = $3, acknowledged_by = $4, number = $5
 where book_id = $1 and alert_id = $2
