select secret_id, nonce, wrapped
from webhook_secrets
where book_id = $1 and webhook_id = $2 and (ends_at is null or ends_at > $3)
order by ends_at desc nulls first
