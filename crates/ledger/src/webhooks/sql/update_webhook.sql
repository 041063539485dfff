-- Another address has not failed yet.
update webhooks
set url = $3, event_types = $4, description = $5,
  failing_since = case when url = $3 then failing_since end
where book_id = $1 and webhook_id = $2 and deleted_at is null
