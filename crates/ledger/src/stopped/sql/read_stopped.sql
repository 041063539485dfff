select why, findings, since, by
from stopped_books
where book_id = $1
