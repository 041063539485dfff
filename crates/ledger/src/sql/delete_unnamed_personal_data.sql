-- What a proposal names stays as long as it may still be approved.
delete from daftar.personal_data as p
 where p.book_id = $1
   and not p.is_named
   and p.created_at < $2
   and not exists (
     select from daftar.approvals as a
      where a.book_id = p.book_id
        and a.outcome is null
        and a.expires_at > $2
        and strpos(a.commands::text, p.id::text) > 0)
