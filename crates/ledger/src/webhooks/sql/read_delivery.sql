select delivery_id, position, alert_number, event_type, made_at, state, tries, attempts,
  next_attempt_at, finished_at, last_status, last_error
from webhook_deliveries
where book_id = $1 and webhook_id = $2 and delivery_id = $3
