select g.gateway, g.created_at, g.created_by, g.disabled_at,
  (select count(*) from gateway_secrets s
   where s.book_id = g.book_id and s.gateway = g.gateway and (s.ends_at is null or s.ends_at > $2))
    as secrets,
  (select max(s.ends_at) from gateway_secrets s
   where s.book_id = g.book_id and s.gateway = g.gateway and s.ends_at > $2) as rotates_until
from gateways g
where g.book_id = $1
order by g.gateway
limit 1000
