-- Makes a generation that was filled the one that readers see. Whoever calls it holds the head.
create function switch_generation_1(
  p_book int,
  p_expected_revision bigint,
  p_name text,
  p_generation int,
  p_fold_version int
) returns boolean
language plpgsql
as $$
begin
  if exists (select from book_projections
              where book_id = p_book and name = p_name and generation >= p_generation) then
    raise exception 'generation % of % is not above the live one', p_generation, p_name
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  return set_generation_1(p_book, p_expected_revision, p_name, p_generation, p_fold_version);
end
$$;

select guard_function('switch_generation_1(int, bigint, text, int, int)');
