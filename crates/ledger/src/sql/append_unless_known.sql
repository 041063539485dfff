-- Appends the batch, unless something that may have been asked before ($23) was: then nothing is written. What
-- is decided anew cannot be told from what is new, so those that are refused are among them. The laterals keep
-- it one look into an index an id, as in find_known.sql; the case keeps it before the append.
select case
  when exists (
         select
           from unnest($23::uuid[]) as asked (id)
          cross join lateral (
                select
                  from commands as c
                 where c.book_id = $1 and c.command_id = asked.id
                 limit 1) as c)
    or exists (
         select
           from unnest($23::uuid[]) as asked (id)
          cross join lateral (
                select
                  from operations as o
                 where o.book_id = $1 and o.operation_id = asked.id
                 limit 1) as o)
  then 'known'
  else daftar.append_2(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22)
end
