update daftar.scrubs
set claimed_until = clock_timestamp() + $3::int * interval '1 second'
where book_id = $1 and claim = $2
