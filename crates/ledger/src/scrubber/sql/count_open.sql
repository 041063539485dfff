select count(*) from daftar.scrub_findings where book_id = $1 and gone_at is null
