-- What this lap went by and did not see.
update daftar.scrub_findings
set gone_at = $3
where book_id = $1 and lap < $2 and gone_at is null
