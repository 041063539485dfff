select exists (
  select from daftar.scrub_findings
   where book_id = $1 and gone_at is null and check_name in ('chain', 'head'))
