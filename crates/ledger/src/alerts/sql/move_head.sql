update daftar.alert_heads set number = $2 where book_id = $1
