select replay_id, from_position, until_position, done_position, made_at, made_by, finished_at
from webhook_replays
where book_id = $1 and webhook_id = $2
order by made_at desc, replay_id
limit 20
