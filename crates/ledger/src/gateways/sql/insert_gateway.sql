insert into gateways (book_id, gateway, created_at, created_by)
values ($1, $2, $3, $4)
on conflict (book_id, gateway) do nothing
