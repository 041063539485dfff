update daftar.alerts set resolved_at = $3, number = $4 where book_id = $1 and alert_id = $2
