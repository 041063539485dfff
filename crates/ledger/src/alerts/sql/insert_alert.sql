insert into daftar.alerts (book_id, alert_id, monitor, subject, severity, owner, says, evidence,
                           times_opened, opened_at, number)
values ($1, $2, $3, $4, $5, $6, $7, $8::json, 1, $9, $10)
