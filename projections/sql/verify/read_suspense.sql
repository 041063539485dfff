-- What the item holds is debits less credits; of accounts it is asked the other way round.
select suspense_id, currency, -balance, position
  from daftar.suspense_items
 where book_id = $1 and generation = $2 and balance <> 0
