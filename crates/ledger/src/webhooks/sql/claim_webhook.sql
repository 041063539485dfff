-- A node that finds it taken goes on to the next.
select event_types, cursor_position, cursor_hash, alert_number
from webhooks
where book_id = $1 and webhook_id = $2 and disabled_at is null and deleted_at is null
for update skip locked
