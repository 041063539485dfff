-- Fills a generation that nobody reads yet; the live one is the append's alone.
create function load_statement_lines_1(p_book int, p_generation int, p_rows statement_lines_row[])
returns void
language plpgsql
as $$
begin
  if exists (select from book_projections
              where book_id = p_book
                and name = 'statement_lines'
                and generation >= p_generation) then
    raise exception 'generation % of statement_lines is not above the live one', p_generation
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  perform write_statement_lines_1(p_book, p_generation, p_rows);
end
$$;

select guard_function('load_statement_lines_1(int, int, statement_lines_row[])');
