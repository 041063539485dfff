select finding_id as id, check_name as "check", subject, view, says, evidence, found_at
  from daftar.scrub_findings
 where book_id = $1
   and gone_at is null
 order by found_at, finding_id
 limit $2
