insert into daftar.alert_changes (book_id, number, alert_id, change, says, at, by)
values ($1, $2, $3, $4, $5, $6, $7)
