select command_id, revision, fingerprint, status, resource, version, position, reply, recorded_at
  from daftar.commands
 where book_id = $1 and command_id = any ($2)
