# test.sh - everything that is checked before a change lands.

FUZZ_SECONDS=${SEGUE_TEST_FUZZ_SECONDS:-3}

help_test() { cat <<'TXT'
usage: ./segue test [--only STAGE[,STAGE...]] [--tidy] [--no-install]

Installs what the tests need, builds with sanitizers and runs everything.
Stages, in order:
  format     clang-format over every source file
  dev        unit, integration and fault tests under ASan+UBSan
  tsan       the threaded tests under ThreadSanitizer
  fuzz       every fuzz target on its corpus and some seconds more
  e2e        a whole Segue started by ./segue up: HTTP, command line, a real browser; then every
             operation of the contract fuzzed by an independent tool (Schemathesis, from PyPI)
  relevance  what is found of real names and real listening, by a release
  bench      every benchmark, small: only to see that it runs
With --tidy also, for it takes minutes:
  tidy       clang-tidy over every source file, with what .clang-tidy asks for
Ends with one line: N passed, N failed, N skipped. Exit code 1 when one failed.
SEGUE_TEST_FUZZ_SECONDS sets the time given to each fuzz target (3).
TXT
}

passed=0 failed=0 skipped=0
failures=()
note_pass() { passed=$((passed + 1)); }
note_fail() {
    failed=$((failed + 1))
    failures+=("$1")
}

# check "name" command...: one test of our own; its output is shown when it fails.
check() {
    local name=$1 log rc=0 from=$SECONDS
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 || rc=$?
    if [ $rc -eq 0 ]; then
        note_pass
        say "  ${green}ok${plain}    $name ${dim}$((SECONDS - from)) s${plain}"
    elif [ $rc -eq 77 ]; then
        skipped=$((skipped + 1))
        say "  SKIP  $name: $(tail -n 1 "$log")"
    else
        note_fail "$name"
        say "  ${red}FAIL${plain}  $name (exit $rc)"
        { grep -nE "^ *(not ok|error:)|message" "$log" | head -n 20 || true; tail -n 60 "$log"; } >&2
    fi
    rm -f "$log"
}

# ctest_run PRESET ctest-options...: adds ctest's counts to ours. One more than there are processors
# at a time, as many wait for a server of theirs.
ctest_run() {
    local preset=$1 log
    shift
    log=$(mktemp)
    env -u SEGUE_VAR_DIR -u SEGUE_CONFIG ctest --preset "$preset" -j $((JOBS + 1)) --no-tests=error "$@" 2>&1 | tee "$log" >&2 || true
    passed=$((passed + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*   Passed ' "$log" || true)))
    skipped=$((skipped + $(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log" || true)))
    while read -r name; do note_fail "$preset: $name"; done < <(
        sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*(Failed|Timeout|Exception|Not Run).*/\1/p' "$log")
    grep -qE '^[0-9]+% tests passed' "$log" || note_fail "$preset: ctest itself"
    rm -f "$log"
}

must_build() {
    local log=$VAR/log/build-$1.log
    mkdir -p "$VAR/log"
    say "building $1"
    if build_preset "$@" >"$log" 2>&1; then
        note_pass
    else
        tail -n 40 "$log" >&2
        note_fail "build of $1"
        return 1
    fi
}

stage_format() {
    # shellcheck disable=SC2046
    check "clang-format" clang-format --dry-run --Werror $(git ls-files '*.c' '*.h' '*.cpp' '*.hpp')
    check "launcher scripts parse" bash -c 'for f in segue deploy/launcher/*.sh; do bash -n "$f" || exit 1; done; sh -n deploy/postgres'
}
# Cross-file knowledge comes from tests/tidy.h; the file that it describes is left out.
stage_tidy() {
    build_preset dev >/dev/null 2>&1 || {
        note_fail "build of dev for clang-tidy"
        return 0
    }
    check "clang-tidy" run-clang-tidy -p build/dev -quiet -j "$JOBS" -extra-arg=-Wno-unknown-warning-option \
        -extra-arg="-I$SEGUE_HOME" -extra-arg=-include -extra-arg="$SEGUE_HOME/tests/tidy.h" \
        "^$SEGUE_HOME/(api|audio|core|data|index|indexer|query|recsys|schemas|worker)/(?!err\\.c\$).*\\.c\$"
}
stage_dev() {
    must_build dev || return 0
    ctest_run dev -LE '^relevance$'
}
stage_tsan() {
    # The fault tests time out under this sanitizer's slowness; their threads are the services' own,
    # which the integration tests run. Importing and writing forms of words have one thread and take
    # minutes here; pictures are libvips' threads', whose locks the sanitizer does not see;
    # segue-audio has one thread; the last are of handlers that keep nothing between two requests.
    must_build tsan || return 0
    ctest_run tsan -L '^(unit|integration)$' \
        -E '^(integration\.test_(import|covers|playlist_covers|playlist_search_live|catalogue_live|audio_.*|packaging.*|catalogue|catalogue_lists|licences|offline|lyrics|library|erasure|migrate|objects_commands|objects_gc)|unit\.test_(text_forms|audio_.*|packaging.*))$'
}
# fuzz PROGRAM OUT: its corpus and some seconds more; log and exit code below OUT.
fuzz() {
    local name=${1##*/fuzz_} rc=0
    mkdir -p "$2/$name"
    [ -d "tests/fuzz/corpus/$name" ] && cp -r "tests/fuzz/corpus/$name/." "$2/$name/"
    "$1" -max_total_time="$FUZZ_SECONDS" -timeout=60 -rss_limit_mb=2048 -print_final_stats=0 "$2/$name" >"$2/$name.log" 2>&1 || rc=$?
    echo $rc >"$2/$name.rc"
}
# finished LOG RC: what something that ran by itself left, for check to show.
finished() {
    cat "$1"
    return "$(cat "$2")"
}
stage_fuzz() {
    must_build fuzz fuzzers || return 0
    local program name out
    out=$(mktemp -d)
    for program in build/fuzz/fuzz/fuzz_*; do
        while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n || true; done
        fuzz "$program" "$out" &
    done
    wait
    for program in build/fuzz/fuzz/fuzz_*; do
        name=${program##*/fuzz_}
        check "fuzz $name" finished "$out/$name.log" "$out/$name.rc"
    done
    rm -rf "$out"
}
stage_e2e() {
    local out
    out=$(mktemp -d)
    check "end to end" env SEGUE_CONTRACT_OUT="$out/contract" bash tests/e2e/run.sh
    [ ! -f "$out/contract.rc" ] || check "contract fuzzing" finished "$out/contract.log" "$out/contract.rc"
    rm -rf "$out"
}
stage_relevance() {
    must_build release tests_relevance || return 0
    ctest_run release -L '^relevance$'
}
stage_bench() {
    # shellcheck disable=SC2046
    must_build release $(bash tests/bench/run.sh --programs) || return 0
    check "benchmarks run" bench_small
}

cmd_test() {
    local stages="format dev tsan fuzz e2e relevance bench" install=1 tidy='' stage
    while [ $# -gt 0 ]; do
        case $1 in
        --only)
            stages=${2//,/ }
            shift
            ;;
        --tidy) tidy=tidy ;;
        --no-install) install=0 ;;
        *) misuse "test: unknown option '$1' (see ./segue test --help)" ;;
        esac
        shift
    done
    stages="$stages $tidy"
    for stage in $stages; do
        declare -F "stage_$stage" >/dev/null || misuse "test: no stage '$stage'"
    done
    # shellcheck disable=SC2086
    if [ $install = 1 ] && [ -n "$(packages_missing $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_TEST $PACKAGES_BENCH)" ]; then
        step "Installing packages" packages_install $PACKAGES_BUILD $PACKAGES_RUN $PACKAGES_TEST $PACKAGES_BENCH
    fi
    for stage in $stages; do
        say ""
        say "${bold}== $stage${plain} ${dim}after $((SECONDS - started_at)) s${plain}"
        "stage_$stage"
    done
    say ""
    for stage in "${failures[@]}"; do say "${red}failed:${plain} $stage"; done
    say "took $((SECONDS - started_at)) s"
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed -eq 0 ]
}
