update daftar.alerts
   set severity = $3, owner = $4, says = $5, evidence = $6::json
 where book_id = $1 and alert_id = $2
