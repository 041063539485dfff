-- Made for the first time; or, in a replay, anew: then the schedule begins again, and the attempts so
-- far stay. One that is being attempted at this moment is left to that.
insert into webhook_deliveries (book_id, webhook_id, delivery_id, position, alert_number,
  event_type, made_at, state, next_attempt_at)
select $1, $2, d.delivery_id, d.position, d.alert_number, d.event_type, $3, 'pending', $3
from unnest($4::uuid[], $5::bigint[], $6::bigint[], $7::text[])
  as d (delivery_id, position, alert_number, event_type)
on conflict (book_id, webhook_id, delivery_id) do update
set made_at = excluded.made_at, state = 'pending', tries = 0, next_attempt_at = excluded.made_at,
  finished_at = null
where $8
