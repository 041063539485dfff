-- One that replaces another which had begun has rows to sweep, as if it had begun itself.
insert into jobs (book_id, job_id, kind, state, wish, folds, asked_by, asked_at, begun_at)
values ($1, $2, $3, 'waiting', $4::text::jsonb, $5, $6, clock_timestamp(),
  case when $7 then clock_timestamp() end)
