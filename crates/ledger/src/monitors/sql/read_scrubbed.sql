-- Since when somebody could have gone round: the book's first event, and the scrubber's own tables.
select (select e.recorded_at from daftar.events as e where e.book_id = $1 and e.position = 1) as first_event,
       (select m.applied_at from daftar.migrations as m where m.name = 'scrubs') as possible_since
