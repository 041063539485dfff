select delivery_id, position, alert_number, event_type, made_at, state, tries, attempts,
  next_attempt_at, finished_at, last_status, last_error
from webhook_deliveries
where book_id = $1 and webhook_id = $2 and ($3::text is null or state = $3)
  and ($4::timestamptz is null or (made_at, position, delivery_id) < ($4, $5, $6))
order by made_at desc, position desc, delivery_id desc
limit $7
