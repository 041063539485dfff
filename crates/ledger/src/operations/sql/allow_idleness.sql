-- Work that goes through the log has transactions of its own meanwhile. No head is locked here.
set local idle_in_transaction_session_timeout = '60s'
