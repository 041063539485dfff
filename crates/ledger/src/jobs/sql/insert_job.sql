insert into jobs (book_id, job_id, kind, state, wish, folds, asked_by, asked_at)
values ($1, $2, $3, 'waiting', $4::text::jsonb, $5, $6, clock_timestamp())
