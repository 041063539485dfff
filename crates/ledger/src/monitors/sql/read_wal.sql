-- How much of the write-ahead log the database must keep, as far as anybody may see it: what came since
-- the last checkpoint began, and what is not archived although it is to be.
select pg_wal_lsn_diff(pg_current_wal_lsn(), c.redo_lsn)::bigint as since_checkpoint,
       -- A segment's name: timeline, upper and lower part of its place, eight digits each.
       case when a.last_archived_wal ~ '^[0-9A-F]{24}$'
             and current_setting('archive_mode') <> 'off'
            then (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint
                 - ('x' || substr(a.last_archived_wal, 9, 8))::bit(32)::bigint * 4294967296
                 - (('x' || substr(a.last_archived_wal, 17, 8))::bit(32)::bigint + 1)
                   * pg_size_bytes(current_setting('wal_segment_size'))
       end as unarchived,
       case when current_setting('archive_mode') <> 'off'
             and a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
            then a.last_failed_time end as archive_failed_at,
       has_function_privilege('pg_ls_waldir()', 'execute') as is_shown
  from pg_control_checkpoint() as c
 cross join pg_stat_archiver as a
