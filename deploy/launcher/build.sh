# build.sh - builds by CMake preset, and the effective configuration of what was built.

JOBS=${SEGUE_BUILD_JOBS:-$(nproc)}

# build_preset release|dev|tsan|fuzz [target...]
build_preset() {
    local preset=$1 launcher=()
    shift
    if command -v ccache >/dev/null; then
        launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    cmake --preset "$preset" "${launcher[@]}" ${BUILD_OPTIONS:--DSEGUE_TESTS=ON} || return
    cmake --build --preset "$preset" -j "$JOBS" ${1:+--target "$@"}
}

BIN=$SEGUE_HOME/build/release/bin
CONF=${SEGUE_CONFIG:-$SEGUE_HOME/segue.conf}
export SEGUE_CONFIG=$CONF

# Where state lies, known before anything is built.
VAR=${SEGUE_VAR_DIR:-$(sed -n 's/^[[:space:]]*var_dir[[:space:]]*=[[:space:]]*\([^#]*[^#[:space:]]\).*/\1/p' "$CONF" 2>/dev/null | tail -n 1)}
VAR=${VAR:-var}
case $VAR in /*) ;; *) VAR=$SEGUE_HOME/$VAR ;; esac
export SEGUE_VAR_DIR=$VAR

setting() { "$BIN/segue-data" config "$1"; }
is_built() { [ -x "$BIN/segue-api" ] && [ -x "$BIN/segue-query" ]; }
need_built() { is_built || die "nothing is built yet: run ./segue up first"; }
