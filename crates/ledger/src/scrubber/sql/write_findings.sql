insert into daftar.scrub_findings as f (
  book_id, finding_id, check_name, subject, view, says, evidence, found_at, lap)
select $1, n.id, n.check_name, n.subject, n.view, n.says, n.evidence::json, $8, $9
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as n (id, check_name, subject, view, says, evidence)
on conflict (book_id, finding_id) do update
set
  says = excluded.says,
  evidence = excluded.evidence,
  lap = excluded.lap,
  -- One that had gone is found anew.
  found_at = case when f.gone_at is null then f.found_at else excluded.found_at end,
  gone_at = null,
  repaired_at = null
