-- The body of a stored reply goes after some time; what was decided, its resource, version and
-- position stay for ever. In pieces of whole batches, from where the last piece ended: nothing is
-- ever scanned twice.
create table expired_replies (
  book_id int not null,
  -- The replies of this batch and of those before it are gone.
  revision bigint not null,
  primary key (book_id)
);

select guard_view('expired_replies');

-- Lets go of the replies of commands that were recorded before this moment; says how many it went
-- through, which is none once all of them are gone.
create function expire_replies_1(p_book int, p_before timestamptz, p_limit int) returns int
language plpgsql
as $$
declare
  v_from bigint;
  v_to bigint;
  v_count int;
begin
  insert into expired_replies (book_id, revision) values (p_book, 0)
  on conflict (book_id) do nothing;
  select revision into v_from from expired_replies where book_id = p_book for update;

  -- The longest run of batches that were all recorded before.
  select coalesce(min(revision) filter (where recorded_at >= p_before) - 1, max(revision))
    into v_to
    from (select revision, recorded_at
            from commands
           where book_id = p_book and revision > v_from
           order by revision
           limit p_limit) as piece;
  if v_to is null or v_to <= v_from then
    return 0;
  end if;

  update commands
     set reply = null
   where book_id = p_book and revision > v_from and revision <= v_to;
  get diagnostics v_count = row_count;
  update expired_replies set revision = v_to where book_id = p_book;
  return v_count;
end
$$;

select guard_function('expire_replies_1(int, timestamptz, int)');
