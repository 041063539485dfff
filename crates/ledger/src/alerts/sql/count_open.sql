select monitor, severity, count(*)
  from daftar.alerts
 where book_id = $1 and resolved_at is null
 group by monitor, severity
 order by monitor, severity
