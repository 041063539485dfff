-- Writes a book's log as CSV for verify-chain.py:
--   PGOPTIONS='-c daftar.book=1' psql "$DATABASE_URL" -qf scripts/export-chain.sql > events.csv
copy (
  select position, aggregate_type, aggregate_id, sequence, event_id, event_type, event_version,
         (extract(epoch from recorded_at) * 1000000)::bigint as recorded_at_micros,
         (extract(epoch from effective_at) * 1000000)::bigint as effective_at_micros,
         command_id, payload, metadata, encode(hash, 'hex') as hash
    from daftar.events
   where book_id = current_setting('daftar.book')::int
   order by position
) to stdout (format csv, header);
