select s.secret_id, s.nonce, s.wrapped
from gateway_secrets s
join gateways g on g.book_id = s.book_id and g.gateway = s.gateway
where s.book_id = $1 and s.gateway = $2 and g.disabled_at is null
  and (s.ends_at is null or s.ends_at > $3)
