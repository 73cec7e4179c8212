#!/usr/bin/env bash
# How many songs a second the API reads, over HTTP with the load generator on the same machine:
#
#   reads.sh BIN SECONDS        over the PostgreSQL of $SEGUE_VAR_DIR, with its songs
#
# cold: ids at random with a cache of 1 MiB, so nearly each comes from PostgreSQL;
# warm: 20,000 ids that stay in the cache. Medians of three.
set -euo pipefail
cd "$(dirname "$0")"
bin=$1 seconds=$2
export SEGUE_API_PORT=$((20000 + RANDOM % 20000)) SEGUE_LOG_LEVEL=warn
url=http://127.0.0.1:$SEGUE_API_PORT
songs=$(psql -h "$SEGUE_VAR_DIR/pg/socket" segue -Atc 'SELECT max(song_id) FROM songs')
script=$(mktemp /tmp/segue-reads-XXXXXX.lua)
api=
finish() {
    [ -z "$api" ] || kill "$api" 2>/dev/null || true
    rm -f "$script"
}
trap finish EXIT
cat >"$script" <<'LUA'
local n = tonumber(os.getenv("IDS"))
math.randomseed(tonumber(tostring({}):sub(8), 16) % 2147483647)
request = function() return wrk.format("GET", "/api/v1/songs/" .. math.random(n)) end
LUA

start() {
    env "$@" "$bin/segue-api" serve &
    api=$!
    for _ in $(seq 100); do
        curl -fsS "$url/api/v1/songs/1" >/dev/null 2>&1 && return
        sleep 0.1
    done
    exit 1
}
stop() {
    kill "$api"
    wait "$api"
    api=
}
measure() { # NAME IDS
    local out rates=() tails=()
    for _ in 1 2 3; do
        out=$(IDS=$2 wrk -t1 -c32 -d"${seconds}s" --latency -s "$script" "$url")
        ! grep -q "Non-2xx" <<<"$out" || { echo "$out" >&2; exit 1; }
        rates+=("$(awk '/Requests\/sec/ {print $2}' <<<"$out")")
        tails+=("$(awk '$1 == "99%" {print $2}' <<<"$out")")
    done
    printf '%-22s %9.0f requests/s (median of %s)   p99 of each %s\n' "$1" \
        "$(printf '%s\n' "${rates[@]}" | sort -n | sed -n 2p)" "${rates[*]}" "${tails[*]}"
}

start SEGUE_API_CACHE_MB=1
measure "cold, $songs songs" "$songs"
stop
start SEGUE_API_CACHE_MB=64
IDS=20000 wrk -t1 -c32 -d5s -s "$script" "$url" >/dev/null
measure "warm, 20000 songs" 20000
stop
