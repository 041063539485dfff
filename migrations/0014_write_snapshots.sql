-- A snapshot replaces one of another form or an older one, never a newer one of the same form.
create function write_snapshots_1(p_book int, p_snapshots snapshot_row[]) returns void
language sql
as $$
  insert into snapshots as s (book_id, aggregate_type, aggregate_id, sequence, format, state)
  select p_book, n.aggregate_type, n.aggregate_id, n.sequence, n.format, n.state
    from unnest(p_snapshots) as n
   -- One order for everyone: two nodes saving the same streams must not wait for each other.
   order by n.aggregate_type, n.aggregate_id
  on conflict (book_id, aggregate_type, aggregate_id)
  do update set sequence = excluded.sequence, format = excluded.format, state = excluded.state
   where s.format < excluded.format
      or (s.format = excluded.format and s.sequence < excluded.sequence)
$$;

select guard_function('write_snapshots_1(int, snapshot_row[])');

create function delete_snapshots_1(p_book int) returns void
language sql
as $$
  delete from snapshots where book_id = p_book
$$;

select guard_function('delete_snapshots_1(int)');
