-- Nothing to keep for whoever no longer holds the claim.
update jobs
set
  checkpoint = coalesce($4::text::json, checkpoint),
  progress = $5::text::json,
  attempts = case when $4::text is null then attempts else 0 end,
  claimed_until = clock_timestamp() + $6::int * interval '1 second'
where book_id = $1 and job_id = $2 and claim = $3
returning cancel_asked
