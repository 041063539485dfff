insert into daftar.alert_heads (book_id, number) values ($1, 0)
on conflict (book_id) do update set number = daftar.alert_heads.number
returning number
