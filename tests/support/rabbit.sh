#!/bin/sh
# A private RabbitMQ for tests: start DIR PORT | kill DIR PORT | clean DIR PORT
# One node in DIR, on 127.0.0.1:PORT; its own name, cookie, home and epmd (ports PORT+1, PORT+2).
# Runs as whoever calls; kill is SIGKILL, clean stops its epmd as well.
set -eu
verb=$1 dir=$2 port=$3
epmd=$(ls /usr/lib/erlang/erts-*/bin/epmd | tail -n 1)
stop() {
    [ -f "$dir/group" ] || return 0
    kill -KILL "-$(cat "$dir/group")" || true
    rm -f "$dir/group"
}
case $verb in
start)
    mkdir -p "$dir/mnesia" "$dir/log"
    cd "$dir"
    echo '[].' >plugins
    cat >rabbitmq.conf <<CONF
listeners.tcp.1 = 127.0.0.1:$port
loopback_users = none
log.console = false
log.file.level = warning
raft.wal_max_size_bytes = 8388608
disk_free_limit.absolute = 50MB
CONF
    env -i PATH="$PATH" HOME="$dir" LANG=C.UTF-8 ERL_EPMD_PORT=$((port + 2)) ERL_EPMD_ADDRESS=127.0.0.1 \
        RABBITMQ_NODENAME="segue$port@localhost" RABBITMQ_DIST_PORT=$((port + 1)) \
        RABBITMQ_MNESIA_BASE="$dir/mnesia" RABBITMQ_LOG_BASE="$dir/log" \
        RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$dir/plugins" \
        RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_PID_FILE="$dir/pid" \
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none' \
        setsid /usr/lib/rabbitmq/bin/rabbitmq-server >"$dir/out" 2>&1 </dev/null &
    echo $! >"$dir/group"
    ;;
kill) stop ;;
clean)
    stop
    sleep 0.2
    ERL_EPMD_PORT=$((port + 2)) "$epmd" -kill >/dev/null 2>&1 || true
    rm -rf -- "$dir"
    ;;
*) exit 2 ;;
esac
