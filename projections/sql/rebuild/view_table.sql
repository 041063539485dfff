-- The table of a read model, and of nothing else: what follows takes the name of a view from outside,
-- and runs as the writer.
create function view_table_1(p_view text) returns regclass
language plpgsql stable
as $$
declare
  v_table regclass := to_regclass(format('daftar.%I', p_view));
begin
  if v_table is null
     or to_regtype(format('daftar.%I', p_view || '_row')) is null
     or not exists (select from pg_attribute
                     where attrelid = v_table and attname = 'generation' and not attisdropped) then
    raise exception '% is not a read model', p_view using errcode = 'undefined_table';
  end if;
  return v_table;
end
$$;

select guard_inner_function('view_table_1(text)');
