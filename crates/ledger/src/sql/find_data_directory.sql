-- Asked through a socket, or from the address that it listens on, it is on the same machine.
select
  case when inet_server_addr() is not distinct from inet_client_addr() then
    coalesce(nullif(pg_tablespace_location(dattablespace), ''), current_setting('data_directory'))
  end
from pg_database
where datname = current_database()
