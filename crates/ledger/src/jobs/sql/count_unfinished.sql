select kind, state, count(*) from jobs where book_id = $1 and ended_at is null group by kind, state
