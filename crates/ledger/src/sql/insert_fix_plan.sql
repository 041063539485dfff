insert into daftar.fix_plans (book_id, digest, plan, planned_by, planned_at)
values ($1, $2, $3::json, $4, $5)
on conflict (book_id, digest) do nothing
