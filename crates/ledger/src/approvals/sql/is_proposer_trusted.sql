-- Whether the key that proposed it still opens the door, and whoever stands behind it still acts.
select k.revoked_at is null
       and (k.expires_at is null or k.expires_at > $3)
       and p.disabled_at is null
       and o.disabled_at is null
  from daftar.approvals as a
  join daftar.api_keys as k on k.book_id = a.book_id and k.key_id = a.proposer_key
  join daftar.principals as p on p.book_id = a.book_id and p.principal_id = a.proposer
  join daftar.principals as o on o.book_id = a.book_id and o.principal_id = a.proposer_person
 where a.book_id = $1 and a.approval_id = $2
