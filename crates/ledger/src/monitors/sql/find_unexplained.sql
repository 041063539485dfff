-- Suspense items that were opened before a time and hold something, the oldest first.
select suspense_id, item, currency, balance, owner, reason, opened_at
  from daftar.suspense_items
 where book_id = $1
   and generation = (select generation from daftar.book_projections
                      where book_id = $1 and name = 'suspense_items')
   and not settled
   and balance <> 0
   and opened_at < $2
 order by opened_at, suspense_id
 limit $3
