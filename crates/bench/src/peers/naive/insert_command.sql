insert into commands (book_id, command_id, revision, fingerprint, status, resource, version, position,
                      reply, recorded_at)
values (1, $1, $5, $2, 201, $3, $4, $5, $6, $7)
