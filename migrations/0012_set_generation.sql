-- Makes a generation of a projection the live one, and the projection a live one if it was not.
-- The revision moves: a writer that folded for the old set misses and looks again. False when the
-- head is not where the caller thought. Inner, like the append: whoever switches a generation first
-- makes sure that it is complete.
create function set_generation_1(
  p_book int,
  p_expected_revision bigint,
  p_name text,
  p_generation int,
  p_fold_version int
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
  values (p_book, p_name, p_generation, p_fold_version)
  on conflict (book_id, name)
  do update set generation = excluded.generation, fold_version = excluded.fold_version;

  update books set fold_set = fold_set_1(p_book) where book_id = p_book;
  return true;
end
$$;

select guard_inner_function('set_generation_1(int, bigint, text, int, int)');

-- Takes a projection out of the live set; its rows are then nobody's and can be deleted.
create function drop_projection_1(p_book int, p_expected_revision bigint, p_name text)
returns boolean
language plpgsql
as $$
begin
  update books set revision = revision + 1
   where book_id = p_book and revision = p_expected_revision;
  if not found then
    return false;
  end if;

  delete from book_projections where book_id = p_book and name = p_name;
  update books set fold_set = fold_set_1(p_book) where book_id = p_book;
  return true;
end
$$;

select guard_inner_function('drop_projection_1(int, bigint, text)');
