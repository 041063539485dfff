-- A database's version file is written when the database is made.
select d.datname
from pg_database d
where d.datname ~ '^(test|template)_[0-9a-f]+$'
  and (pg_stat_file('base/' || d.oid || '/PG_VERSION', true)).modification < now() - interval '1 hour'
  and not exists (select from pg_stat_activity a where a.datid = d.oid)
order by d.datname
