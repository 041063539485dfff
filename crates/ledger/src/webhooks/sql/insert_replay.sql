insert into webhook_replays (book_id, webhook_id, replay_id, from_position, until_position,
  done_position, made_at, made_by, finished_at)
values ($1, $2, $3, $4, $5, $4 - 1, $6, $7, case when $4 > $5 then $6::timestamptz end)
