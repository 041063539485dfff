select
    set_config('search_path', quote_ident($1), true),
    set_config('timezone', 'UTC', true),
    set_config('datestyle', 'ISO', true)
