select replay_id, until_position, done_position
from webhook_replays
where book_id = $1 and webhook_id = $2 and finished_at is null
order by made_at, replay_id
limit 1
