-- What the current user may do to tables of the schema beyond reading them; a column only where its
-- table does not say the same.
with tables as (
  select c.oid, c.relname
    from pg_catalog.pg_class as c
   where c.relnamespace = 'daftar'::regnamespace and c.relkind in ('r', 'p', 'v')
), rights as (
  select t.relname::text as what, lower(p.name) as "right"
    from tables as t
   cross join unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
      as p (name)
   where has_table_privilege(t.oid, p.name)
   union all
  select t.relname || '.' || a.attname, lower(p.name)
    from tables as t
    join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
   cross join unnest(array['INSERT', 'UPDATE', 'REFERENCES']) as p (name)
   where has_column_privilege(t.oid, a.attnum, p.name) and not has_table_privilege(t.oid, p.name)
)
select what, "right" from rights order by what collate "C", "right"
