select lap, lap_began, last_lap_ended, last_lap_seconds, last_lap_findings, node, progress,
       coalesce(claimed_until > clock_timestamp(), false) as is_held
  from daftar.scrubs
 where book_id = $1
