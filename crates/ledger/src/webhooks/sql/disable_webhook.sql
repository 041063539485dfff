update webhooks
set disabled_at = coalesce(disabled_at, $3),
  disabled_by = case when disabled_at is null then $4 else disabled_by end,
  disabled_reason = coalesce(disabled_reason, $5)
where book_id = $1 and webhook_id = $2 and deleted_at is null
