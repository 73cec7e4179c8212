# bench.sh - measures Segue beside its rivals on this machine.

help_bench() { cat <<'TXT'
usage: ./segue bench [--songs N] [--small]

Builds a release and runs the benchmarks of tests/bench: with N generated songs
(default 1000000) Segue, PostgreSQL (full text + pg_trgm) and SQLite FTS5 on the
same queries in the same run, then completions, RPC and HTTP. --small: some
thousand songs, to see that everything runs. Figures are medians; compare ratios,
machines are noisy.
TXT
}

# bench_all SONGS SECONDS: every benchmark at this size.
bench_all() {
    SEGUE_BIN=$BIN bash tests/bench/run.sh "$1" "$2"
}
bench_small() { bench_all 3000 1; }

cmd_bench() {
    local songs=1000000
    while [ $# -gt 0 ]; do
        case $1 in
        --songs)
            [[ ${2:-} =~ ^[0-9]+$ ]] || misuse "--songs needs a whole number"
            songs=$2
            shift
            ;;
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
    bench_all "$songs" 5
}
