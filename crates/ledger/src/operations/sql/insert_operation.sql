insert into operations
  (book_id, operation_id, fingerprint, status, resource, nonce, reply, recorded_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
