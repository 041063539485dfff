insert into daftar.approvals (
  book_id, approval_id, command_id, fingerprint, commands, expected, subject_type, subject_id,
  creates, route, scope, proposer, proposer_person, proposer_key, actor, reason, ticket, traceparent,
  would, proposed_at, expires_at)
values ($1, $2, $3, $4, $5::json, $6::json, $7, $8, $9, $10, $11, $12, $13, $14, $15::json, $16, $17,
        $18, $19::json, $20, $21)
on conflict (book_id, approval_id) do nothing
