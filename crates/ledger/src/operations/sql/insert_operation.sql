-- Whoever asks under the same id at the same time waits here until the first is done.
insert into operations (book_id, operation_id, fingerprint, status, recorded_at)
values ($1, $2, $3, 0, $4)
on conflict (book_id, operation_id) do nothing
