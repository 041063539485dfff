update webhook_replays
set done_position = $4, finished_at = case when $4 >= until_position then $5::timestamptz end
where book_id = $1 and webhook_id = $2 and replay_id = $3
