-- What is being attempted at this moment is left to it.
update webhook_deliveries
set state = 'pending', tries = case when state = 'pending' then tries else 0 end,
  next_attempt_at = $4, finished_at = null
where book_id = $1 and webhook_id = $2 and delivery_id = $3
