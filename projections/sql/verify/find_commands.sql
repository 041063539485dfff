select command_id, status, resource, version, position, recorded_at
  from daftar.commands
 where book_id = $1 and command_id = any ($2)
