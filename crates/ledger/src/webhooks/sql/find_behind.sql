-- Webhooks that have yet to be told of something, by their cursor, by their place among the changes of
-- alerts, or by a replay, those after the one that was served last first.
select w.webhook_id
from webhooks w
where w.book_id = $1 and w.disabled_at is null and w.deleted_at is null
  and (w.cursor_position < $2 or w.alert_number < $4 or exists (
    select from webhook_replays r
    where r.book_id = w.book_id and r.webhook_id = w.webhook_id and r.finished_at is null))
order by w.webhook_id > $3 desc, w.webhook_id
limit 1000
