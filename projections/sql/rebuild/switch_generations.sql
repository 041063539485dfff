-- Makes the generations that were filled those that readers see, all in one move of the revision: a
-- writer that folded for the old ones misses and looks again. Whoever calls it holds the head. False
-- when the head is not where the caller thought.
create function switch_generations_1(
  p_book int,
  p_expected_revision bigint,
  p_names text[],
  p_generations int[],
  p_fold_versions int[]
) returns boolean
language plpgsql
as $$
declare
  v_name text;
begin
  if cardinality(p_names) = 0
     or cardinality(p_generations) <> cardinality(p_names)
     or cardinality(p_fold_versions) <> cardinality(p_names) then
    raise exception 'a generation and a fold version are needed for each of at least one name'
      using errcode = 'invalid_parameter_value';
  end if;
  foreach v_name in array p_names loop
    perform view_table_1(v_name);
  end loop;
  select n.name into v_name
    from unnest(p_names, p_generations) as n (name, generation)
    join book_projections as p
      on p.book_id = p_book and p.name = n.name and p.generation >= n.generation
   limit 1;
  if found then
    raise exception 'the new generation of % is not above the live one', v_name
      using errcode = 'object_not_in_prerequisite_state';
  end if;

  return set_generations_1(p_book, p_expected_revision, p_names, p_generations, p_fold_versions);
end
$$;

select guard_function('switch_generations_1(int, bigint, text[], int[], int[])');
