#!/usr/bin/env bash
# connections.sh [N] [SECONDS]: segue-api with N (10,000) idle keep-alive connections while wrk asks;
# memory of one; then a successor takes over under wrk and the first is stopped: what is lost.
# Uses programs of $SEGUE_BIN (a release build) and ../bench. No database: wrk asks for the page.
set -euo pipefail
cd "$(dirname "$0")/../.."
n=${1:-10000} seconds=${2:-5}
hold=$(dirname "$SEGUE_BIN")/bench/bench_connections
dir=$(mktemp -d /tmp/segue-connections-XXXXXX)
port=$((20000 + RANDOM % 20000))
export SEGUE_API_PORT=$port SEGUE_API_LIMITS=off SEGUE_API_REUSE_PORT=on
export SEGUE_SEARCHLOG_ENABLED=0 SEGUE_LOG_LEVEL=info
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT
serve() {
    mkdir -p "$dir/$1/run"
    SEGUE_VAR_DIR=$dir/$1 "$SEGUE_BIN/segue-api" serve 2>"$dir/api-$1.log" &
    last=$!
    pids+=("$last")
    until grep -q answering "$dir/api-$1.log"; do sleep 0.05; done
}
memory() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
wrk_line() { awk -v what="$1" '/Requests\/sec/ {r = $2} /99%/ {p = $2} /Socket errors/ {e = $0} /Non-2xx/ {b = $0} END {printf "%-34s %9.0f requests/s   p99 %s %s %s\n", what, r, p, e, b}' "$dir/wrk.log"; }

serve first
first=$last
wrk -t1 -c32 -d"${seconds}s" --latency "http://127.0.0.1:$port/" >"$dir/wrk.log"
wrk_line "alone"
before=$(memory "$first")
mkfifo "$dir/end"
"$hold" "$port" "$n" <"$dir/end" >"$dir/hold.log" &
holder=$!
exec 3>"$dir/end"
until grep -q held "$dir/hold.log"; do sleep 0.1; done
after=$(memory "$first")
awk -v n="$n" -v a="$after" -v b="$before" 'BEGIN {printf "memory %d connections             %9.1f KiB each (%.0f MiB in all)\n", n, (a - b) / n, a / 1024}'
wrk -t1 -c32 -d"${seconds}s" --latency "http://127.0.0.1:$port/" >"$dir/wrk.log"
wrk_line "beside $n idle ones"
exec 3>&-
wait "$holder" || true
tail -n 1 "$dir/hold.log"

wrk -t1 -c64 -d"$((seconds + 2))s" --latency "http://127.0.0.1:$port/" >"$dir/wrk.log" &
loader=$!
sleep 1
serve second
kill "$first"
wait "$first" || echo "segue-api ended with $?"
wait "$loader"
wrk_line "a successor takes over"
