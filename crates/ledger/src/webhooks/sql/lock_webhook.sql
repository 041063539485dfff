select disabled_at is not null, disabled_reason
from webhooks
where book_id = $1 and webhook_id = $2 and deleted_at is null
for update
