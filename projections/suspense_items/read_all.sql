select suspense_id, item, currency, balance, owner, reason, settled, opened_at, updated_at, version,
       position
  from daftar.suspense_items
 where book_id = $1 and generation = $2
 order by suspense_id
