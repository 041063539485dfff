select why, findings, since, by, resumed_at, resumed_by, reason
from resumed_books
where book_id = $1
order by since desc
limit $2
