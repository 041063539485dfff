insert into daftar.fix_approvals (book_id, digest, person, approved_at)
values ($1, $2, $3, $4)
on conflict (book_id, digest, person) do nothing
