-- Nothing, if the claim was lost to another node: then it is that one's attempt that counts.
update webhook_deliveries
set state = $5, tries = tries + 1, attempts = attempts + 1, next_attempt_at = $6,
  claim_id = null, claimed_until = null, finished_at = $7, last_status = $8, last_error = $9
where book_id = $1 and webhook_id = $2 and delivery_id = $3 and claim_id = $4 and state = 'pending'
returning attempts
