-- After the given one, oldest first. States that only time makes are told from the clock in $3.
select approval_id, command_id, fingerprint, commands::text, expected::text, subject_type, subject_id,
       creates, route, scope, proposer, proposer_person, proposer_key, actor::text, reason, ticket,
       traceparent, would::text, proposed_at, expires_at, attempt, outcome, decided_by,
       decision_reason, decided_at
  from daftar.approvals
 where book_id = $1
   and ($2::text is null
        or $2 = coalesce(outcome, case when expires_at > $3 then 'open' else 'expired' end))
   and ($4::timestamptz is null or (proposed_at, approval_id) > ($4, $5))
 order by proposed_at, approval_id
 limit $6
