-- A book can be stopped: from the moment that this commits, nothing is added to it by anyone. The head
-- itself says so. Its revision must stay what it was when the book was stopped, so whatever would move
-- it (an append, a switch, a repair, of this build or an older one) breaks the check and writes
-- nothing, at no cost to those who append to other books. One row a book: checked in no time.
set local lock_timeout = '2s';

alter table books
  add column stopped_revision bigint
    constraint books_stopped check (stopped_revision = revision);

-- The books that are stopped.
create table stopped_books (
  book_id int primary key,
  -- One line for people.
  why text not null check (length(why) between 1 and 2000),
  -- What was found in the log, as a verification says it; nothing if a person stopped it.
  findings text[] not null,
  since timestamptz not null default clock_timestamp(),
  -- Who: a person by name, or what found something.
  by text not null check (length(by) between 1 and 200)
);

-- Those that were, and who let them go on, and why. It stays for ever.
create table resumed_books (
  book_id int not null,
  since timestamptz not null,
  why text not null,
  findings text[] not null,
  by text not null,
  resumed_at timestamptz not null default clock_timestamp(),
  resumed_by text not null check (length(resumed_by) between 1 and 200),
  reason text not null check (length(reason) between 1 and 2000),
  primary key (book_id, since)
);

select guard_view('stopped_books');
select guard_view('resumed_books');

-- Stops a book. Its writers miss, look again, and see it. Answers 'stopped'; 'already', and then what
-- was found is added to what was found before; or 'known', if all of it was found before and somebody
-- let the book go on all the same.
create function stop_book_1(p_book int, p_why text, p_findings text[], p_by text) returns text
language plpgsql
as $$
declare
  v_new text[];
begin
  perform from books where book_id = p_book for update;
  if not found then
    raise exception 'there is no book %', p_book using errcode = 'no_data_found';
  end if;

  v_new := array(
    select f.finding
      from unnest(p_findings) as f (finding)
     where not exists (
           select
             from resumed_books as r
            where r.book_id = p_book and f.finding = any (r.findings)));
  if cardinality(p_findings) > 0 and cardinality(v_new) = 0 then
    return 'known';
  end if;

  update stopped_books as s
     set findings = s.findings || array(
           select f.finding from unnest(v_new) as f (finding) where f.finding <> all (s.findings))
   where s.book_id = p_book;
  if found then
    return 'already';
  end if;

  insert into stopped_books (book_id, why, findings, by) values (p_book, p_why, v_new, p_by);
  update books
     set revision = revision + 1, stopped_revision = revision + 1
   where book_id = p_book;
  return 'stopped';
end
$$;

select guard_function('stop_book_1(int, text, text[], text)');

-- Lets a book go on; false when it was not stopped. The revision moves: every node looks again.
create function resume_book_1(p_book int, p_by text, p_reason text) returns boolean
language plpgsql
as $$
begin
  perform from books where book_id = p_book for update;
  with gone as (
    delete from stopped_books where book_id = p_book returning *
  )
  insert into resumed_books (book_id, since, why, findings, by, resumed_by, reason)
  select g.book_id, g.since, g.why, g.findings, g.by, p_by, p_reason from gone as g;
  if not found then
    return false;
  end if;

  update books set revision = revision + 1, stopped_revision = null where book_id = p_book;
  return true;
end
$$;

select guard_function('resume_book_1(int, text, text)');

-- The head, and whether it stands still. Beside the one that older nodes read: a view that changes
-- under a prepared statement breaks it.
create view heads_2 as
select h.*, b.stopped_revision is not null as is_stopped
  from heads as h
  join books as b using (book_id);

select own_view('heads_2');

create function lock_head_2(p_book int) returns setof heads_2
language plpgsql
as $$
begin
  perform from books where book_id = p_book for update;
  return query select * from heads_2 where book_id = p_book;
end
$$;

select guard_function('lock_head_2(int)');
