-- Whoever asks under the same id waits until the first is done. Two ids that share a lock only wait.
select pg_advisory_xact_lock($1)
