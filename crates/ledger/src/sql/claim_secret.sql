insert into daftar.secret_checks (book_id, "check", created_at)
values ($1, $2, $3)
on conflict (book_id) do nothing
