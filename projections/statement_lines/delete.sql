-- Deletes a piece of what lies below the live generation, in key order; says how much it was.
create function delete_statement_lines_1(p_book int, p_limit int) returns bigint
language plpgsql
as $$
declare
  v_count bigint;
begin
  delete from statement_lines
   where ctid = any (array(
         select ctid
           from statement_lines
          where book_id = p_book
            and generation < (select generation from book_projections
                               where book_id = p_book and name = 'statement_lines')
          order by book_id, generation, line_id
          limit p_limit));
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

select guard_function('delete_statement_lines_1(int, int)');
