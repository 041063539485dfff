update webhooks
set disabled_at = null, disabled_by = null, disabled_reason = null, failing_since = null,
  cursor_position = coalesce($3, cursor_position), cursor_hash = coalesce($4, cursor_hash)
where book_id = $1 and webhook_id = $2 and deleted_at is null
