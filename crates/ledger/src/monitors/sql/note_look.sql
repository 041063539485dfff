insert into looks (book_id, monitor, looked_at, cases, failure) values ($1, $2, $3, $4, $5)
on conflict (book_id, monitor) do update
  set looked_at = excluded.looked_at, cases = excluded.cases, failure = excluded.failure
