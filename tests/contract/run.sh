#!/usr/bin/env bash
# Every operation of the contract, fuzzed by an independent tool (Schemathesis, from PyPI) as
# nobody, as a listener and as an admin: no 5xx, no answer outside the contract, no hang.
# SEGUE_URL and SEGUE_VAR_DIR: a running Segue that may be spoilt, with api.limits off.
# SEGUE_CONTRACT_EXAMPLES: random cases an operation and person (6). Exit code 77: skipped.
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=${SEGUE_CONTRACT_TOOLS:-build/contract}
if [ ! -x "$tools/bin/schemathesis" ]; then
    # What it stands on makes the cases, so the same seed is the same cases only with the same versions.
    pip() { "$tools/bin/pip" install -q -r tests/contract/requirements.txt "$@"; }
    { python3 -m venv "$tools" && { pip -c tests/contract/constraints.txt || pip; }; } >&2 || {
        rm -rf "$tools"
        echo "SKIPPED: Schemathesis cannot be installed from PyPI here; nothing was fuzzed against the contract"
        exit 77
    }
fi
SEGUE_CONTRACT_WORLD=$(mktemp)
export SEGUE_CONTRACT_WORLD
trap 'rm -f "$SEGUE_CONTRACT_WORLD"' EXIT
node tests/contract/prepare.mjs "$SEGUE_CONTRACT_WORLD"

# fuzz PERSON PHASES EXAMPLES
fuzz() {
    local person=$1 header=() rc=0
    [ "$person" = nobody ] || header=(-H "Authorization: Bearer $(jq -r ".$person" "$SEGUE_CONTRACT_WORLD")")
    PYTHONHASHSEED=0 SCHEMATHESIS_HOOKS=tests.contract.hooks PYTHONPATH=. "$tools/bin/schemathesis" run "$SEGUE_URL/openapi.json" \
        --url "$SEGUE_URL" --phases "$2" --max-examples "$3" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method,allow_header_conformance \
        --exclude-path-regex '/events$' --request-timeout 20 --continue-on-failure --suppress-health-check too_slow --no-shrink --no-color --warnings off \
        --generation-database none --seed "${SEGUE_CONTRACT_SEED:-1}" "${header[@]}" || rc=$?
    echo "as $person: exit $rc"
    return $rc
}
failed=0
examples=${SEGUE_CONTRACT_EXAMPLES:-6}
fuzz nobody fuzzing $((examples / 2)) || failed=1
fuzz listener coverage "$examples" || failed=1
fuzz admin fuzzing "$examples" || failed=1
exit $failed
