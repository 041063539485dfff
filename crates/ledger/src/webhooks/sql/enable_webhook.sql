update webhooks
set disabled_at = null, disabled_by = null, disabled_reason = null, failing_since = null,
  cursor_position = coalesce($3, cursor_position), cursor_hash = coalesce($4, cursor_hash),
  alert_number = case when $3::bigint is null then alert_number
    else coalesce((select number from alert_heads where book_id = $1), 0) end
where book_id = $1 and webhook_id = $2 and deleted_at is null
