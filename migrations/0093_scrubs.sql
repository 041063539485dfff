-- The scrubber of each book: how far it has come on its way round, and who goes. Whoever does holds a
-- claim for a while and renews it with every page; if the process dies, the claim runs out by the
-- database's clock and another goes on from the page that was kept last.
create table scrubs (
  book_id int primary key,
  -- json, since it is read back whole, and may quote a text that jsonb refuses. None between two laps.
  checkpoint json,
  progress json,
  -- The lap under way, counted from 1.
  lap bigint not null check (lap > 0),
  lap_began timestamptz,
  last_lap_ended timestamptz,
  last_lap_seconds bigint,
  last_lap_findings bigint,
  claim uuid,
  claimed_until timestamptz,
  -- Who goes, or went last.
  node text,
  check ((claim is null) = (claimed_until is null)),
  check ((last_lap_ended is null) = (last_lap_seconds is null)),
  check ((last_lap_ended is null) = (last_lap_findings is null))
) with (fillfactor = 50);

select own_table('scrubs');
grant update (checkpoint, progress, lap, lap_began, last_lap_ended, last_lap_seconds,
  last_lap_findings, claim, claimed_until, node) on table scrubs to daftar_app;
