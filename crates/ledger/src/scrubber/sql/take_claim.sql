-- Who goes round from here on, if nobody does. A claim that ran out is anybody's.
insert into daftar.scrubs as s (book_id, lap, claim, claimed_until, node)
values ($1, 1, $2, clock_timestamp() + $3::int * interval '1 second', $4)
on conflict (book_id) do update
set
  claim = excluded.claim,
  claimed_until = excluded.claimed_until,
  node = excluded.node
where s.claim is null or s.claimed_until <= clock_timestamp()
returning s.lap, s.checkpoint::text
