select count(*) from (
  select from webhook_deliveries
  where book_id = $1 and webhook_id = $2 and state = 'pending'
  limit $3
) waiting
