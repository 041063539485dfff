select c.number, c.alert_id, c.change, c.says, c.at, c.by, a.monitor, a.subject, a.severity, a.owner
  from daftar.alert_changes as c
  join daftar.alerts as a using (book_id, alert_id)
 where c.book_id = $1 and c.number > $2
 order by c.number
 limit $3
