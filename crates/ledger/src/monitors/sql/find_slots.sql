-- The replication slots that hold the write-ahead log back, the one that holds most first.
select slot_name::text as name,
       active as is_active,
       pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint as held
  from pg_replication_slots
 where restart_lsn is not null
 order by held desc, name
 limit $1
