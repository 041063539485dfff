update operations
set nonce = null, reply = null
where book_id = $1 and operation_id in (
  select operation_id
  from operations
  where book_id = $1 and reply is not null and recorded_at < $2
  order by recorded_at
  limit $3
)
