#!/usr/bin/env bash
# A whole Segue of its own, in a folder and on a port of its own, started the way
# a user starts it; then the tests; then nothing of it is left.
set -euo pipefail
cd "$(dirname "$0")/../.."

SEGUE_VAR_DIR=$(mktemp -d /tmp/segue-e2e-XXXXXX)
SEGUE_API_PORT=$(node --input-type=module -e 'import { freePort } from "./tests/e2e/port.mjs"; console.log(await freePort())')
export SEGUE_VAR_DIR SEGUE_API_PORT
export SEGUE_API_LIMITS=off # as one address asks more than any person would
# On a busy machine an answer may be late; a refusal for that would be none of what is looked at here.
export SEGUE_API_TIMEOUT_MS=15000 SEGUE_PG_STATEMENT_TIMEOUT_MS=15000 SEGUE_PG_LOCK_TIMEOUT_MS=10000 SEGUE_PG_AWAY_MS=15000
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
