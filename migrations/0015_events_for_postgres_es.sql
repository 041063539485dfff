-- What stock postgres-es reads: its seven columns, of the book that its pool names by setting
-- daftar.book.
create view events_for_postgres_es as
select aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata
  from events
 where book_id = current_setting('daftar.book')::int;

select own_view('events_for_postgres_es');
