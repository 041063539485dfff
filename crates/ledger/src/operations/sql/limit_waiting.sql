-- Whoever waits holds a connection.
set local lock_timeout = '5s'
