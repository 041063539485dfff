select c.number, c.alert_id, c.change, c.severity, c.owner, c.says, c.at, c.by, c.note, a.monitor,
       a.subject
  from daftar.alert_changes as c
  join daftar.alerts as a using (book_id, alert_id)
 where c.book_id = $1 and c.alert_id = $2
 order by c.number desc
 limit $3
