-- Endpoints that every attempt since a time has failed at, and those that daftar gave up: a handful of
-- rows in all. With what the delivery that waits longest was answered last.
select w.webhook_id, w.url, w.failing_since, w.disabled_at, w.disabled_reason,
       d.last_status, d.last_error
  from daftar.webhooks as w
  left join lateral (
       select last_status, last_error
         from daftar.webhook_deliveries
        where book_id = $1
          and webhook_id = w.webhook_id
          and state = 'pending'
        order by position, delivery_id
        limit 1
       ) as d on true
 where w.book_id = $1
   and w.deleted_at is null
   and (w.disabled_at is null and w.failing_since < $2
        or w.disabled_reason in ('gone', 'failing', 'diverged'))
 order by coalesce(w.disabled_at, w.failing_since), w.webhook_id
 limit $3
