-- Deletes a piece of what lies below the live generation, in key order; says how much it was.
create function delete_suspense_items_1(p_book int, p_limit int) returns bigint
language plpgsql
as $$
declare
  v_count bigint;
begin
  delete from suspense_items
   where ctid = any (array(
         select ctid
           from suspense_items
          where book_id = p_book
            and generation < (select generation from book_projections
                               where book_id = p_book and name = 'suspense_items')
          order by book_id, generation, suspense_id
          limit p_limit));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

select guard_function('delete_suspense_items_1(int, int)');
