update gateways set disabled_at = disabled_at
where book_id = $1 and gateway = $2 and disabled_at is null
