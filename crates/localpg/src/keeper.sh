#!/bin/sh
# Stops the server of a cluster that nobody has used for a while.
# usage: sh keeper.sh DIRECTORY SECONDS
#
# For processes that only ever drop their hold, as tests do: so that one server serves a whole run
# of them and none is left for ever. One keeper a cluster is enough; further ones end at once.
set -eu
umask 077
cd "$1"
idle_seconds_max=$2
stop_seconds_max=120

exec 9>keeper.lock
flock -n 9 || exit 0

idle_seconds=0
while sleep 1 && [ -d data ]; do
    exec 8>switch.lock
    if flock -n 8; then
        exec 7>users.lock
        if flock -n 7; then idle_seconds=$((idle_seconds + 1)); else idle_seconds=0; fi
        [ "$idle_seconds" -lt "$idle_seconds_max" ] || break
        exec 7>&-
    else
        # Somebody starts or stops it just now.
        idle_seconds=0
    fi
    exec 8>&-
done

# Who starts the server anew waits for the switch, which is still ours, and finds a free place.
exec 9>&-
server=$(head -n 1 data/postmaster.pid 2>/dev/null) || exit 0
[ "$(cat "/proc/$server/comm")" = postgres ] || exit 0
kill -INT "$server"
while [ -e data/postmaster.pid ] && [ "$stop_seconds_max" -gt 0 ]; do
    sleep 1
    stop_seconds_max=$((stop_seconds_max - 1))
done
