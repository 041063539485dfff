insert into daftar.alert_changes (book_id, number, alert_id, change, severity, owner, says, at, by, note)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
