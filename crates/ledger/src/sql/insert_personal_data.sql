insert into daftar.personal_data as p (
  book_id, id, customer_id, kind, stream_type, stream_id, key_id, nonce, ciphertext, digest,
  created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
-- Its event is about to be appended, now as much as then: the sweep has to leave it alone.
on conflict (book_id, id) do update
   set created_at = case when p.is_named then p.created_at
                         else greatest(p.created_at, excluded.created_at) end
returning p.key_id, p.digest
