# services.sh - supervision by runit: one folder a service below var/service, a
# crashed one is started again at once, then after 1, 2, 4 ... 16 s; logs rotate in var/log/NAME.

SERVICES="postgres indexer recsys query worker api"

# unix sockets live below var/: their paths are limited by the kernel.
check_paths() {
    [ ${#VAR} -le 80 ] || die "var_dir is ${#VAR} characters long; sockets below it allow at most 80: set var_dir in segue.conf"
}

# What the services are told: the variables of the last `up`. May hold passwords. Those before stay
# at hand as long as it is not sure that services start with these.
environment_write() {
    local name value
    cp -p "$VAR/run/environment" "$VAR/run/environment.before" 2>/dev/null || true
    (
        umask 077
        for name in $(compgen -e | grep '^SEGUE_'); do
            case $name in SEGUE_CONFIG | SEGUE_VAR_DIR | SEGUE_HOME) continue ;; esac
            value=${!name}
            printf "export %s='%s'\n" "$name" "${value//\'/\'\\\'\'}"
        done >"$VAR/run/environment.new"
    )
    mv "$VAR/run/environment.new" "$VAR/run/environment"
}

service_command() {
    case $1 in
    api) echo "\"$BIN/segue-api\" hold \"$VAR/service/api/serve\"" ;; # keeps the socket; see api_replace
    postgres) echo "\"$SEGUE_HOME/deploy/postgres\" run \"$VAR/pg\"" ;;
    indexer) echo "\"$BIN/segue-indexer\" run" ;;
    *) echo "\"$BIN/segue-$1\" serve" ;;
    esac
}

# A script that becomes COMMAND, with the variables of the last `up`; NAME: a service that begins by
# it. Replaced by a rename, as the shell of one that runs may not have read it to its end.
script_write() {
    local file=$1 command=$2 name=${3:-}
    cat >"$file.new" <<RUN
#!/bin/sh
exec 2>&1
cd "$SEGUE_HOME"
if [ -f "$VAR/run/environment" ]; then # instead of what the supervisor was started with
    for v in \$(env | sed -n 's/^\(SEGUE_[A-Z0-9_]*\)=.*/\1/p'); do unset "\$v"; done
    . "$VAR/run/environment"
fi
export SEGUE_CONFIG="$CONF" SEGUE_VAR_DIR="$VAR"
${name:+date +%s >"$VAR/run/$name.started"}
exec $command
RUN
    chmod +x "$file.new"
    mv "$file.new" "$file"
}

service_write() {
    local name=$1 dir=$VAR/service/$1
    mkdir -p "$dir/log" "$dir/control" "$VAR/log/$name"
    touch "$dir/down"
    script_write "$dir/run" "$(service_command "$name")" "$name"
    [ "$name" != api ] || script_write "$dir/serve" "\"$BIN/segue-api\" serve" "$name"
    # For services_check; `check` is a name of which runit makes something else.
    case $name in api | indexer | query) script_write "$dir/probe" "\"$BIN/segue-$name\" check \"\$@\"" ;; esac
    cat >"$dir/finish" <<FINISH
#!/bin/sh
# Back-off: at once the first time, then doubling while the service lives less than 20 s.
now=\$(date +%s)
started=\$(cat "$VAR/run/$name.started" 2>/dev/null || echo 0)
wait=\$(cat "$VAR/run/$name.wait" 2>/dev/null || echo 0)
if [ \$((now - started)) -ge 20 ]; then wait=0; fi
echo \$((wait == 0 ? 1 : wait >= 8 ? 16 : wait * 2)) >"$VAR/run/$name.wait"
echo "\$(date -u +%FT%TZ) supervisor: $name ended (exit \$1, signal \$2)"
[ "\$1" = 0 ] || sleep "\$wait"
FINISH
    cat >"$dir/log/run" <<LOG
#!/bin/sh
exec svlogd -tt "$VAR/log/$name"
LOG
    chmod +x "$dir/finish" "$dir/log/run"
    if [ "$name" = postgres ]; then # TERM would wait for clients: ask for a fast shutdown
        printf '#!/bin/sh\nkill -INT "$(head -n 1 "%s/pg/data/postmaster.pid")"\n' "$VAR" >"$dir/control/t"
        chmod +x "$dir/control/t"
    fi
}

supervisor_pid() { cat "$VAR/run/supervisor.pid" 2>/dev/null || true; }
supervisor_alive() {
    local pid
    pid=$(supervisor_pid)
    [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = runsvdir ]
}

# runsv and svlogd hold a lock for as long as they live.
supervisor_gone() { [ ! -e "$VAR/service/$1/supervise/lock" ] || flock -n "$VAR/service/$1/supervise/lock" true; }
logger_gone() { [ ! -e "$VAR/log/$1/lock" ] || flock -n "$VAR/log/$1/lock" true; }

supervisor_start() {
    local name
    mkdir -p "$VAR/run" "$VAR/log"
    environment_write
    for name in $SERVICES; do service_write "$name"; done
    ! supervisor_alive || services_check
    rm -f "$VAR/run/environment.before"
    ! supervisor_alive || return 0
    setsid runsvdir "$VAR/service" >>"$VAR/log/supervisor.log" 2>&1 </dev/null &
    echo $! >"$VAR/run/supervisor.pid"
    for name in $SERVICES; do
        wait_for 1200 "the supervisor of $name" sv status "$VAR/service/$name" || die "the supervisor did not start; see $VAR/log/supervisor.log"
    done
}

# command...: with the variables that the supervisor gives to services, rather than ours.
as_service() { { cat "/proc/$(supervisor_pid)/environ" && printf '%s\0' "$@"; } | xargs -0 -x env -i; }

# What would not start is found while the one before it serves; that one keeps its variables.
services_check() {
    local name said bind
    for name in indexer query api; do
        service_runs "$name" || continue
        bind=()
        [ "$name" != api ] || ! api_moves || bind=(--bind)
        said=$(as_service sh "$VAR/service/$name/probe" "${bind[@]}") && continue
        [ ! -f "$VAR/run/environment.before" ] || mv "$VAR/run/environment.before" "$VAR/run/environment"
        say "$said"
        die "$name would not start so: nothing was restarted, what runs goes on"
    done
}

# wait_for TENTHS WHAT command...: tries until it succeeds.
wait_for() {
    local tries=$1 what=$2
    shift 2
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || {
            say "$what did not get ready"
            return 1
        }
        sleep 0.1
    done
}

service_runs() { sv status "$VAR/service/$1" 2>/dev/null | grep -q '^run:'; }
service_up() { sv up "$VAR/service/$1" >/dev/null || return; }
service_restart() { sv -w 30 restart "$VAR/service/$1" >/dev/null; }

# A hash of the configuration that concerns a service: api.* is the API's alone.
service_config() { "$BIN/segue-data" config | { [ "$1" = api ] && cat || grep -v '^api\.'; } | sha256sum | cut -d' ' -f1; }

# Another API behind the same socket: who connects meanwhile waits, and who keeps it becomes the new
# build as well. Where the socket itself is to be another, or nobody keeps it yet, there is a moment
# in which nobody listens.
api_pid() { cat "$VAR/run/api.pid" 2>/dev/null || true; }
api_address() { echo "$(setting api.host) $(setting api.port) $(setting api.reuse_port)"; }
api_moves() { # to another host or port than it is known to have
    local host port rest
    read -r host port rest 2>/dev/null <"$VAR/run/api.address" && [ "$host $port" != "$(setting api.host) $(setting api.port)" ]
}
api_is_another() { [ "$(api_pid)" != "$1" ] && kill -0 "$(api_pid)"; }
api_replace() {
    local old
    old=$(api_pid)
    if [ -n "$old" ] && kill -0 "$old" 2>/dev/null && [ "$(cat "$VAR/run/api.address" 2>/dev/null)" = "$(api_address)" ]; then
        sv hup "$VAR/service/api" >/dev/null
        wait_for 900 "the API's successor" api_is_another "$old"
    else
        api_address >"$VAR/run/api.address"
        service_restart api
    fi
}
service_down() { sv -w 60 down "$VAR/service/$1" >/dev/null 2>&1 || sv -w 5 force-stop "$VAR/service/$1" >/dev/null 2>&1 || true; }

api_url() { echo "http://$(setting api.host):$(setting api.port)"; }
api_healthy() { curl -fsS -m 3 "$(api_url)/health"; }
postgres_ready() { PGHOST=$VAR/pg/socket psql -qAt -d postgres -c 'SELECT 1'; }

help_down() { echo "usage: ./segue down
Stops every service in order (API first, PostgreSQL last). State stays below var/."; }
cmd_down() {
    local name reversed=""
    if ! supervisor_alive; then
        say "segue is not running"
        return 0
    fi
    for name in $SERVICES; do reversed="$name $reversed"; done
    for name in $reversed; do
        [ -d "$VAR/service/$name" ] && service_down "$name"
    done
    kill -HUP "$(supervisor_pid)" 2>/dev/null || true
    for name in $SERVICES; do
        wait_for 1200 "the end of $name's supervisor" supervisor_gone "$name"
        wait_for 1200 "the end of $name's logger" logger_gone "$name"
    done
    rm -f "$VAR/run/supervisor.pid"
    say "stopped"
}

help_status() { echo "usage: ./segue status
Shows each service, what it serves and how far the index is behind the database.
Exit code 0 when everything is healthy, 1 otherwise."; }
cmd_status() {
    local name rc=0 health
    if ! supervisor_alive; then
        echo "segue is not running (./segue up starts it)"
        return 1
    fi
    for name in $SERVICES; do sv status "$VAR/service/$name" 2>/dev/null | sed "s#$VAR/service/##; s#; run: log.*##"; done
    health=$(curl -sS -m 5 "$(api_url)/health" 2>&1) || rc=1
    if [ $rc -eq 0 ]; then
        echo "$health" | jq . 2>/dev/null || echo "$health"
        [ "$(echo "$health" | jq -r .status 2>/dev/null)" = healthy ] || rc=1
    else
        echo "api: $health"
    fi
    "$BIN/segue-indexer" status || rc=1
    return $rc
}

help_logs() { echo "usage: ./segue logs [-f] [SERVICE...]
Prints the end of the services' logs ($SERVICES); -f follows them."; }
cmd_logs() {
    local follow=() files=() name
    if [ "${1:-}" = -f ]; then
        follow=(-F)
        shift
    fi
    for name in ${@:-$SERVICES}; do
        [ -f "$VAR/log/$name/current" ] || misuse "no log of '$name' (services: $SERVICES)"
        files+=("$VAR/log/$name/current")
    done
    tail -n 50 "${follow[@]}" "${files[@]}"
}

help_reset() { echo "usage: ./segue reset [--yes]
Stops everything and deletes all state below var/: catalogue, accounts, index, models, logs."; }
cmd_reset() {
    [ "${1:-}" = --yes ] || confirm "Delete everything below $VAR?" || return 1
    cmd_down
    if [ -d "$VAR" ]; then
        [ -f "$VAR/.segue" ] || die "$VAR does not look like Segue's own state: not deleted"
        rm -rf -- "${VAR:?}" 2>/dev/null || as_root rm -rf -- "$VAR"
    fi
    say "deleted $VAR"
}
