select table_name::text, column_name::text, data_type::text
from information_schema.columns
where table_schema = $1
