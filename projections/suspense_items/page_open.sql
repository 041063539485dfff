select b.position as head_position, b.hash as head_hash, t.*
  from daftar.books as b
  left join lateral (
       select suspense_id, item, currency, balance, owner, reason, settled, opened_at, updated_at,
              version, position
         from daftar.suspense_items
        where book_id = $1
          and generation = (select generation from daftar.book_projections
                             where book_id = $1 and name = 'suspense_items')
          and not settled
          and ($2::timestamptz is null or (opened_at, suspense_id) > ($2, $3))
        order by opened_at, suspense_id
        limit $4
       ) as t on true
 where b.book_id = $1
 order by t.opened_at, t.suspense_id
