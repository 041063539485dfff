-- What the append writes: the statement of write.sql, within append_2.
delete from deadlines as t
 using unnest(p_deadlines) as r
 where t.book_id = p_book
   and t.generation = v_generation
   and t.order_id = r.order_id
   and t.kind = r.kind
   and r.due_at is null;
update deadlines as t
   set remindable = r.remindable
  from unnest(p_deadlines) as r
 where t.book_id = p_book
   and t.generation = v_generation
   and t.order_id = r.order_id
   and t.kind = r.kind
   and t.remindable <> r.remindable;
insert into deadlines as t (
  book_id, generation, order_id, kind, due_at, set_by, position, remindable)
select p_book, v_generation, r.order_id, r.kind, r.due_at, r.set_by, r.position, r.remindable
  from unnest(p_deadlines) as r
 where r.due_at is not null
on conflict (book_id, generation, order_id, kind)
do update set
  due_at = excluded.due_at, set_by = excluded.set_by, position = excluded.position
 where t.due_at <> excluded.due_at
    or exists (select from unnest(p_deadlines) as r
                where r.order_id = excluded.order_id and r.kind = excluded.kind and r.is_anew);
