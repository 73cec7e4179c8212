# vendor.sh - the page's libraries: fetched from npm by lock file, laid out for the API to serve.
#
# build/vendor/NAME.HASH.js may be cached for ever; files.json says which file is which and its
# digest, which the browser checks. Nothing of it is committed.

VENDOR_FROM=$SEGUE_HOME/api/vendor
VENDOR=$SEGUE_HOME/build/vendor

vendor_current() { [ -f "$VENDOR/files.json" ] && [ "$(cat "$VENDOR/.lock" 2>/dev/null)" = "$(sha256sum <"$VENDOR_FROM/package-lock.json")" ]; }

vendor_fetch() {
    vendor_current && return 0
    command -v npm >/dev/null || {
        say "npm is not installed: the page can search, and neither play nor upload"
        return 0
    }
    local work name file from digest json=''
    work=$(mktemp -d)
    cp "$VENDOR_FROM"/package*.json "$work/"
    if ! (cd "$work" && npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error); then
        rm -rf "$work"
        say "npm could not fetch the page's libraries: the page can search, and neither play nor upload"
        return 0
    fi
    mkdir -p "$work/out"
    while read -r name from; do
        grep -v '^//# sourceMappingURL=' "$work/node_modules/$name/$from" >"$work/script"
        digest=$(sha256sum "$work/script" | cut -c1-16)
        file=${name//\//-}.$digest.js
        mv "$work/script" "$work/out/$file"
        json="$json${json:+,}\"$name\":{\"file\":\"$file\",\"integrity\":\"sha384-$(openssl dgst -sha384 -binary "$work/out/$file" | base64 -w 0)\"}"
    done < <(jq -r '.segue.files | to_entries[] | "\(.key) \(.value)"' "$VENDOR_FROM/package.json")
    printf '{%s}\n' "$json" | jq . >"$work/out/files.json"
    sha256sum <"$VENDOR_FROM/package-lock.json" >"$work/out/.lock"
    mkdir -p "$(dirname "$VENDOR")"
    rm -rf "$VENDOR"
    mv "$work/out" "$VENDOR"
    chmod 755 "$VENDOR"
    rm -rf "$work"
}
