select coalesce((select number from daftar.alert_heads where book_id = $1), 0)
