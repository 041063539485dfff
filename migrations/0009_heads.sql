-- The head in one row, its projections as arrays in the order of their names.
create view heads as
select b.book_id,
       b.uuid,
       b.name,
       b.revision,
       b.position,
       b.hash,
       b.recorded_at,
       b.fold_set,
       b.min_reader,
       b.writer_format,
       array(select p.name from book_projections as p
              where p.book_id = b.book_id order by p.name collate "C") as projection_names,
       array(select p.generation from book_projections as p
              where p.book_id = b.book_id order by p.name collate "C") as projection_generations,
       array(select p.fold_version from book_projections as p
              where p.book_id = b.book_id order by p.name collate "C") as projection_fold_versions
  from books as b;

select own_view('heads');

-- Waits for the head, then reads it in a second statement: a single one would take the row as it
-- is now but the projections as they were when it began to wait.
create function lock_head_1(p_book int) returns setof heads
language plpgsql
as $$
begin
  perform from books where book_id = p_book for update;
  return query select * from heads where book_id = p_book;
end
$$;

select guard_function('lock_head_1(int)');
