update daftar.scrubs as s
set
  lap = s.lap + 1,
  checkpoint = null,
  progress = null,
  lap_began = null,
  last_lap_ended = $3,
  last_lap_seconds = greatest(extract(epoch from $3 - coalesce(s.lap_began, $3)), 0)::bigint,
  last_lap_findings = $4 + (
    select count(*) from daftar.scrub_findings as f where f.book_id = $1 and f.lap = s.lap)
where s.book_id = $1 and s.claim = $2
returning s.lap - 1 as lap, s.last_lap_findings
