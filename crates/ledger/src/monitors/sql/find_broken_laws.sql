-- What the scrubber found of these laws and still sees, the oldest first.
select finding_id as id, check_name as "check", subject, view, says, evidence, found_at
  from daftar.scrub_findings
 where book_id = $1
   and gone_at is null
   and check_name = any ($2)
 order by found_at, finding_id
 limit $3
