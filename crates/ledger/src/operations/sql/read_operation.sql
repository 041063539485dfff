select fingerprint, status, resource, version, position, nonce, reply
from operations
where book_id = $1 and operation_id = $2
