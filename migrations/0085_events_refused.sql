-- What finance refused, by when it did: the refusals of the last days are found without a look at all
-- else that happened in them. An event never changes, so that this costs an entry for each refusal, and
-- of all other events no more than a comparison of their type. Not built concurrently: two processes
-- that bring one database up to date at once would each wait for the other's build. Writers wait while
-- the log is read through once.
create index events_refused_idx on events (book_id, position)
  where event_type in ('receipt_rejected', 'top_up_rejected');
