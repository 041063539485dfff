select w.webhook_id, w.url, w.event_types, w.description, w.created_at, w.created_by,
  w.cursor_position, w.cursor_hash, w.alert_number, w.failing_since, w.disabled_at, w.disabled_by,
  w.disabled_reason,
  (select count(*) from webhook_secrets s
   where s.book_id = w.book_id and s.webhook_id = w.webhook_id
     and (s.ends_at is null or s.ends_at > $3)) as secrets,
  (select max(s.ends_at) from webhook_secrets s
   where s.book_id = w.book_id and s.webhook_id = w.webhook_id and s.ends_at > $3) as rotates_until
from webhooks w
where w.book_id = $1 and ($2::uuid is null or w.webhook_id = $2) and w.deleted_at is null
  and ($4::timestamptz is null or (w.created_at, w.webhook_id) > ($4, $5))
order by w.created_at, w.webhook_id
limit $6
