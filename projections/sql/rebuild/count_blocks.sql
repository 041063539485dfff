select pg_relation_size('daftar.' || quote_ident($1)) / current_setting('block_size')::bigint
