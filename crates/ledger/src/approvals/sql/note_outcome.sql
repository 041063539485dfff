update daftar.approvals
   set attempt = greatest(attempt, $3), outcome = $4, decided_by = $5, decision_reason = $6,
       decided_at = $7
 where book_id = $1 and approval_id = $2 and outcome is null
