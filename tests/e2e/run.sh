#!/usr/bin/env bash
# A whole Segue of its own, in a folder and on a port of its own, started the way
# a user starts it; then the tests; then nothing of it is left.
set -euo pipefail
cd "$(dirname "$0")/../.."

SEGUE_VAR_DIR=$(mktemp -d /tmp/segue-e2e-XXXXXX)
SEGUE_API_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null ||
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
export SEGUE_VAR_DIR SEGUE_API_PORT
export SEGUE_API_LIMITS=off # as one address asks more than any person would
export SEGUE_URL=http://127.0.0.1:$SEGUE_API_PORT

finish() {
    rc=$?
    if [ $rc -ne 0 ]; then
        for log in "$SEGUE_VAR_DIR"/log/*/current; do
            echo "== $log"
            tail -n 15 "$log"
        done
    fi
    ./segue reset --yes || true
    exit $rc
}
trap finish EXIT

(cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error)
./segue up --no-install --songs 5000 --users 300
node --test --test-concurrency=1 tests/e2e/*.test.mjs
# Last, as it spoils what it touches; the caller judges it by itself.
if [ -n "${SEGUE_CONTRACT_OUT:-}" ]; then
    rc=0
    bash tests/contract/run.sh >"$SEGUE_CONTRACT_OUT.log" 2>&1 || rc=$?
    echo $rc >"$SEGUE_CONTRACT_OUT.rc"
fi
