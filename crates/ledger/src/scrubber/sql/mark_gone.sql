-- Those of $4 were written anew, the others were right when they were looked at again.
update daftar.scrub_findings
set gone_at = $3, repaired_at = case when finding_id = any ($4) then $3 end
where book_id = $1 and finding_id = any ($2) and gone_at is null
