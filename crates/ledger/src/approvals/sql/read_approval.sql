select approval_id, command_id, fingerprint, commands::text, expected::text, subject_type, subject_id,
       creates, route, scope, proposer, proposer_person, proposer_key, actor::text, reason, ticket,
       traceparent, would::text, proposed_at, expires_at, attempt, outcome, decided_by,
       decision_reason, decided_at
  from daftar.approvals
 where book_id = $1 and approval_id = $2
