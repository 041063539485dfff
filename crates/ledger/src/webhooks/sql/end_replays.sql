update webhook_replays set finished_at = $3
where book_id = $1 and webhook_id = $2 and finished_at is null
