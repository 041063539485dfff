-- no transaction
-- What finance refused, by when it did: the refusals of the last days are found without a look at all
-- else that happened in them. An event never changes, so that this costs an entry for each refusal, and
-- of all other events no more than a comparison of their type.
drop index concurrently if exists events_refused_idx;
create index concurrently if not exists events_refused_idx on events (book_id, position)
  where event_type in ('receipt_rejected', 'top_up_rejected');
