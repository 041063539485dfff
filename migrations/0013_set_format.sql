-- Switches a new stored form on, once every node can read it. It never goes back: what is written
-- stays written. False when the head is not where the caller thought.
create function set_format_1(
  p_book int,
  p_expected_revision bigint,
  p_min_reader int,
  p_writer_format int
) returns boolean
language plpgsql
as $$
begin
  update books
     set revision = revision + 1, min_reader = p_min_reader, writer_format = p_writer_format
   where book_id = p_book
     and revision = p_expected_revision
     and min_reader <= p_min_reader
     and writer_format <= p_writer_format;
  return found;
end
$$;

select guard_function('set_format_1(int, bigint, int, int)');
