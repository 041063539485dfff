-- The decisions that were recorded before there was a digest. In a transaction of its own, which
-- locks nothing but those rows: no append waits for it.
set local role daftar_writer;

update commands
   set digest = command_digest_1(book_id, command_id, revision, fingerprint, status, resource,
                                 version, position, reply, recorded_at)
 where digest is null;

reset role;
