update webhook_deliveries set claim_id = null, claimed_until = null
where book_id = $1 and claim_id = any($2) and state = 'pending'
