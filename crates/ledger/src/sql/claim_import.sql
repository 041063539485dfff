insert into daftar.imports (book_id, source, started_at)
values ($1, $2, $3)
on conflict (book_id) do nothing
