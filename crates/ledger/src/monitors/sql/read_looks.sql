select monitor, looked_at, cases, failure from looks where book_id = $1 order by monitor
