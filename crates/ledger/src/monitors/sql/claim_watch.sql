insert into watches as watch (book_id, claim, claimed_until)
values ($1, $2, clock_timestamp() + make_interval(secs => $3))
on conflict (book_id) do update
  set claim = excluded.claim, claimed_until = excluded.claimed_until
  where watch.claim is null or watch.claim = excluded.claim or watch.claimed_until < clock_timestamp()
returning claim
