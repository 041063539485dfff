insert into daftar.fix_claims (book_id, claimed_at)
values ($1, $2)
on conflict (book_id) do update set claimed_at = excluded.claimed_at
