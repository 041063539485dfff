-- Nothing to keep for whoever no longer holds the claim.
update daftar.scrubs
set
  checkpoint = $4::text::json,
  progress = $5::text::json,
  lap_began = coalesce(lap_began, $6),
  claimed_until = clock_timestamp() + $3::int * interval '1 second'
where book_id = $1 and claim = $2
