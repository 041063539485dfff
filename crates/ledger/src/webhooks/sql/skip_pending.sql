update webhook_deliveries
set state = 'failed', next_attempt_at = null, claim_id = null, claimed_until = null,
  finished_at = $3, last_error = 'skipped when the webhook was enabled'
where book_id = $1 and webhook_id = $2 and state = 'pending'
