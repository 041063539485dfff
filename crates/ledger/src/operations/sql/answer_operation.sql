update operations
set status = $3, resource = $4, version = $5, position = $6, nonce = $7, reply = $8
where book_id = $1 and operation_id = $2
