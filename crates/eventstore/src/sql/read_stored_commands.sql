select command_id, revision, fingerprint, status, resource, version, position, recorded_at,
       sha256(convert_to(reply::text, 'UTF8')) as reply_digest, digest
  from daftar.commands
 where book_id = $1 and revision >= $2 and (revision, command_id) > ($2, $3)
 order by revision, command_id
 limit $4
