#!/usr/bin/env bash
# Every benchmark at one size: run.sh SONGS SECONDS_PER_KIND; of those of single parts,
# $SEGUE_BENCH_NAMES. run.sh --programs: what has to be built for it.
# Uses programs of $SEGUE_BIN (a release build) and a private PostgreSQL of its own.
set -euo pipefail
names=${SEGUE_BENCH_NAMES:-bench_suggest bench_record bench_rpc bench_build bench_search bench_als bench_fold_in
    bench_vectors bench_recs bench_feed bench_encode bench_objects bench_upload bench_delivery bench_heartbeats}
if [ "$1" = --programs ]; then
    echo programs bench_rivals bench_freshness $names
    exit
fi
cd "$(dirname "$0")/../.."
songs=$1 seconds=$2
bench=$(dirname "$SEGUE_BIN")/bench
dir=$(mktemp -d /tmp/segue-bench-XXXXXX)
export SEGUE_VAR_DIR=$dir SEGUE_LOG_LEVEL=warn
# Below the ports that the kernel gives to outgoing connections, and nobody's.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
SEGUE_API_PORT=$((11000 + RANDOM % 20000))
while port_taken "$SEGUE_API_PORT"; do SEGUE_API_PORT=$((11000 + RANDOM % 20000)); done
export SEGUE_API_PORT
export SEGUE_API_LIMITS=off # as one address asks more than any person would
pids=()

finish() {
    rc=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    deploy/postgres stop-now "$dir/pg" 2>/dev/null || true
    [ $rc -eq 0 ] || tail -n 30 "$dir"/*.log || true
    rm -rf "$dir"
    exit $rc
}
trap finish EXIT
seconds_of() { date +%s.%N; }
memory() { # NAME PID
    awk -v name="$1" '/^RssAnon/ {a = $2} /^RssFile/ {f = $2} END {printf "memory %-20s %9.1f MB own   %9.1f MB mapped files\n", name, a / 1024, f / 1024}' "/proc/$2/status"
}

printf '%s songs, %s cores, %s\n' "$songs" "$(nproc)" "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
mkdir -p "$dir/run"
deploy/postgres init "$dir/pg"
deploy/postgres start "$dir/pg"
PGHOST=$dir/pg/socket createdb segue
"$SEGUE_BIN/segue-data" migrate >"$dir/migrate.log" 2>&1
from=$(seconds_of)
"$SEGUE_BIN/segue-data" generate --songs "$songs" --users $((songs / 50 > 20000 ? 20000 : songs / 50 + 10)) --seed 1 >"$dir/generate.log" 2>&1
to=$(seconds_of)
awk -v n="$songs" -v s="$(awk "BEGIN {print $to - $from}")" 'BEGIN {printf "generate and load         %9.0f songs/s   (%.1f s)\n", n / s, s}'
from=$(seconds_of)
"$SEGUE_BIN/segue-indexer" rebuild >"$dir/rebuild.log" 2>&1
to=$(seconds_of)
size=$(du -sb "$dir/index/$(cat "$dir/index/CURRENT")" | cut -f1)
awk -v n="$songs" -v s="$(awk "BEGIN {print $to - $from}")" -v b="$size" \
    'BEGIN {printf "build %-21s %9.0f songs/s   %6.0f bytes/song   (all structures, from PostgreSQL, checked and published: %.1f s)\n", "Segue", n / s, b / n, s}'

"$SEGUE_BIN/segue-query" serve >"$dir/query.log" 2>&1 &
query=$!
pids+=("$query")
"$SEGUE_BIN/segue-api" serve >"$dir/api.log" 2>&1 &
api=$!
pids+=("$api")
for _ in $(seq 1200); do
    curl -fsS "http://127.0.0.1:$SEGUE_API_PORT/api/v1/search?q=love" >/dev/null 2>&1 && break
    sleep 0.1
done

"$bench/bench_rivals" "host=$dir/pg/socket dbname=segue" "ipc://$dir/run/query.ipc" "$dir/fts5.db" "$([ "$songs" -ge 100000 ] && echo "$seconds" || echo 0.2)"
memory "segue-query" "$query"
memory "segue-api" "$api"

if command -v wrk >/dev/null; then
    PGHOST=$dir/pg/socket psql -qAt -d segue -c "SELECT s.title || ' ' || a.name FROM songs s JOIN artists a USING (artist_id) ORDER BY hashint8(song_id) LIMIT 1000" >"$dir/items"
    PGHOST=$dir/pg/socket psql -qAt -d segue -c "SELECT left(title, 1 + (song_id % 10)::int) FROM songs ORDER BY hashint8(song_id) LIMIT 1000" >"$dir/typed"
    for kind in items typed; do
        SEGUE_BENCH_QUERIES=$dir/$kind wrk -t1 -c32 -d"$((seconds > 1 ? seconds * 2 : 1))s" --latency -s tests/bench/search.lua "http://127.0.0.1:$SEGUE_API_PORT" >"$dir/wrk.log"
        awk -v kind="$kind" '/99%/ {p99 = $2} /50%/ {p50 = $2} /Requests\/sec/ {r = $2} /Non-2xx/ {bad = $NF} END {printf "HTTP search (%s, 32 connections)   %9.0f requests/s   p50 %s   p99 %s   failed %d\n", kind, r, p50, p99, bad}' "$dir/wrk.log"
    done
else
    echo "HTTP: SKIPPED, there is no wrk"
fi

for name in $names; do
    echo "== $name"
    case $name in
    bench_suggest) "$bench/$name" --entries "$((songs < 1000000 ? songs : 1000000))" ;;
    bench_build) "$bench/$name" --songs "$((songs < 200000 ? songs : 200000))" ;;
    bench_search) "$bench/$name" "$dir/index" "$((songs < 100000 ? 100 : 2000))" ;;
    bench_recs) "$bench/$name" --songs "$((songs < 1000000 ? songs : 1000000))" --users "$((songs < 1000000 ? songs / 10 : 100000))" --requests "$((songs < 100000 ? 300 : 4000))" 2>/dev/null ;;
    bench_als)
        if [ "$songs" -ge 100000 ]; then "$bench/$name"; else "$bench/$name" --users "$songs" --items "$songs"; fi
        ;;
    bench_objects) "$bench/$name" "$((songs < 100000 ? 8 : 128))" 5 ;;
    bench_upload) "$bench/$name" "$((songs < 100000 ? 16 : 256))" 3 ;;
    bench_feed) # has an API of its own
        sizes="12000 100 1000 2000"
        [ "$songs" -ge 100000 ] || sizes="1200 40 200 200"
        # shellcheck disable=SC2086
        env -u SEGUE_API_PORT -u SEGUE_VAR_DIR "$bench/$name" $sizes
        ;;
    bench_delivery) # has an API and a database of its own; each in a process that has done nothing else
        players=10000 lasts=20
        [ "$songs" -ge 100000 ] || players=200 lasts=1
        for only in ranges "segments clear" "segments sealed" "segments nginx" "slow clear" "slow sealed"; do
            env -u SEGUE_VAR_DIR -u SEGUE_API_PORT "$bench/$name" "$players" "$lasts" "$only"
        done
        ;;
    bench_heartbeats) # the same
        beats="50000 60"
        [ "$songs" -ge 100000 ] || beats="2000 3"
        # shellcheck disable=SC2086
        env -u SEGUE_VAR_DIR -u SEGUE_API_PORT "$bench/$name" $beats
        ;;
    bench_encode) if [ "$songs" -ge 100000 ]; then "$bench/$name"; else "$bench/$name" 8 1; fi ;;
    bench_vectors) "$bench/$name" --songs "$((songs < 10000 ? 10000 : songs < 1000000 ? songs : 1000000))" ;;
    *) "$bench/$name" ;;
    esac
done

# Last, for it changes titles: commits as they become searchable in what ran above.
"$SEGUE_BIN/segue-indexer" run >"$dir/indexer.log" 2>&1 &
pids+=("$!")
sleep 1
echo "== bench_freshness"
"$bench/bench_freshness" --rate 500 --seconds "$((seconds > 1 ? seconds * 2 : 2))" --dsn "host=$dir/pg/socket dbname=segue" --query "ipc://$dir/run/query.ipc"
