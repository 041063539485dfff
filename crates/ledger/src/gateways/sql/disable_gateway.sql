update gateways set disabled_at = coalesce(disabled_at, $3)
where book_id = $1 and gateway = $2
