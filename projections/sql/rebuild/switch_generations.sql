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

  update books set revision = revision + 1
   where book_id = p_book and revision = p_expected_revision;
  if not found then
    return false;
  end if;
  insert into book_projections (book_id, name, generation, fold_version)
  select p_book, n.name, n.generation, n.fold_version
    from unnest(p_names, p_generations, p_fold_versions) as n (name, generation, fold_version)
  on conflict (book_id, name)
  do update set generation = excluded.generation, fold_version = excluded.fold_version;
  update books set fold_set = fold_set_1(p_book) where book_id = p_book;
  return true;
end
$$;

select guard_function('switch_generations_1(int, bigint, text[], int[], int[])');
