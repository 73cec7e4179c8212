# bench.sh - measures Segue beside its rivals on this machine.

help_bench() { cat <<'TXT'
usage: ./segue bench [--songs N] [--small]
       ./segue bench --relevance [--songs N] [--step N] [--only names,hand,kinds] [--print]

Builds a release and runs the benchmarks of tests/bench: with N generated songs
(default 1000000) Segue, PostgreSQL (full text + pg_trgm) and SQLite FTS5 on the
same queries in the same run, then completions, RPC and HTTP. --small: some
thousand songs, to see that everything runs. Figures are medians; compare ratios,
machines are noisy.

--relevance: what is found, rather than how fast. Segue, PostgreSQL, SQLite,
MiniSearch, Orama and Tantivy on the same real names and hand-made queries, and the
time of each kind of query over N songs (10000); writes the tables of
docs/relevance.md. --step N: every N-th name (1500). Rivals come from npm and PyPI
and are left out, loudly, where they cannot be had.
TXT
}

# bench_all SONGS SECONDS: every benchmark at this size.
bench_all() {
    SEGUE_BIN=$BIN bash tests/bench/run.sh "$1" "$2"
}
bench_small() { bench_all 3000 1; }

PACKAGES_RELEVANCE="nodejs npm python3 python3-venv"

bench_relevance() {
    SEGUE_BIN=$BIN tests/relevance/compare "$@"
}

cmd_bench() {
    local songs=1000000
    local relevance=0 options=()
    while [ $# -gt 0 ]; do
        case $1 in
        --songs)
            [[ ${2:-} =~ ^[0-9]+$ ]] || misuse "--songs needs a whole number"
            songs=$2
            options+=("$1" "$2")
            shift
            ;;
        --relevance) relevance=1 ;;
        --step | --seconds | --only)
            [ -n "${2:-}" ] || misuse "$1 needs a value"
            options+=("$1" "$2")
            shift
            ;;
        --print) options+=("$1") ;;
        --small) songs=3000 ;;
        *) misuse "bench: unknown option '$1'" ;;
        esac
        shift
    done
    # shellcheck disable=SC2086
    if [ -n "$(packages_missing $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_BENCH)" ]; then
        step "Installing packages" packages_install $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_BENCH
    fi
    step "Building the release" build_preset release
    if [ $relevance = 1 ]; then
        # shellcheck disable=SC2086
        [ -z "$(packages_missing $PACKAGES_RELEVANCE)" ] || step "Installing packages" packages_install $PACKAGES_RELEVANCE
        bench_relevance "${options[@]}"
    else
        bench_all "$songs" 5
    fi
}
