update daftar.scrubs
set claim = null, claimed_until = null
where book_id = $1 and claim = $2
