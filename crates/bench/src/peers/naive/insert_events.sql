with written as (
  insert into events (book_id, position, aggregate_type, aggregate_id, sequence, event_id, event_type,
                      event_version, payload, metadata, recorded_at, effective_at, command_id, hash)
  select 1, coalesce(e.position, nextval('positions')), e.aggregate_type, e.aggregate_id, e.sequence,
         e.event_id, e.event_type, '1', e.payload::json, $8::json, $9, $9, $10, e.hash
    from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
                $11::bytea[])
      as e (position, aggregate_type, aggregate_id, sequence, event_id, event_type, payload, hash)
  returning position)
select max(position) from written
