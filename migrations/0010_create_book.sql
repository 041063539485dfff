-- The set of live projections as the append compares it: name:fold_version by name.
create function fold_set_1(p_book int) returns text
language sql
stable
as $$
  select coalesce(string_agg(name || ':' || fold_version, ',' order by name collate "C"), '')
    from book_projections
   where book_id = p_book
$$;

select guard_inner_function('fold_set_1(int)');

-- The genesis hash is the database's own work: no caller can begin a chain with another.
create function create_book_1(
  p_book int,
  p_uuid uuid,
  p_name text,
  p_recorded_at timestamptz,
  p_writer_format int,
  p_projections text[],
  p_generations int[],
  p_fold_versions int[]
) returns boolean
language plpgsql
as $$
begin
  insert into books (book_id, uuid, name, revision, position, hash, recorded_at, fold_set,
                     min_reader, writer_format)
  values (p_book, p_uuid, p_name, 0, 0, sha256('\x01'::bytea || uuid_send(p_uuid)), p_recorded_at,
          '', p_writer_format, p_writer_format)
  on conflict (book_id) do nothing;
  if not found then
    return false;
  end if;

  insert into book_projections (book_id, name, generation, fold_version)
  select p_book, p.name, p.generation, p.fold_version
    from unnest(p_projections, p_generations, p_fold_versions)
         as p (name, generation, fold_version);

  update books set fold_set = fold_set_1(p_book) where book_id = p_book;
  return true;
end
$$;

select guard_function(
  'create_book_1(int, uuid, text, timestamptz, int, text[], int[], int[])');
