-- Makes generations of several projections the live ones, in one move of the revision: a writer that
-- folded for the old set misses and looks again. False when the head is not where the caller thought.
-- Inner, like the append: whoever switches generations first makes sure that they are complete.
create function set_generations_1(
  p_book int,
  p_expected_revision bigint,
  p_names text[],
  p_generations int[],
  p_fold_versions int[]
) returns boolean
language plpgsql
as $$
begin
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

select guard_inner_function('set_generations_1(int, bigint, text[], int[], int[])');
