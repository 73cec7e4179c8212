# vendor.sh - the page's libraries: npm's packages, fetched with curl and checked against the lock
# file's digests, laid out for the API to serve. npm itself, and a node, are not needed.
#
# build/vendor/NAME.DIGEST.js may be cached for ever; files.json says which file is which and its
# digest, which the browser checks too. Nothing of it is committed.

VENDOR_FROM=$SEGUE_HOME/api/vendor
VENDOR=$SEGUE_HOME/build/vendor
REGISTRY=${npm_config_registry:-https://registry.npmjs.org}

vendor_version() { cat "$VENDOR_FROM/package.json" "$VENDOR_FROM/package-lock.json" | sha256sum; }
vendor_current() { [ -f "$VENDOR/files.json" ] && [ "$(cat "$VENDOR/.lock" 2>/dev/null)" = "$(vendor_version)" ]; }

base64_of() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")" | base64 -w 0; }

# vendor_package NAME FOLDER: the package as the lock file has it, in FOLDER/package.
vendor_package() {
    local version want got url file
    IFS=' ' read -r version want < <(jq -r --arg at "node_modules/$1" '.packages[$at] | "\(.version) \(.integrity)"' "$VENDOR_FROM/package-lock.json")
    url=${REGISTRY%/}/$1/-/${1##*/}-$version.tgz
    file=$VENDOR.partial/${1//\//-}-$version.tgz
    mkdir -p "$VENDOR.partial"
    curl -fsSL --retry 3 --retry-connrefused --connect-timeout 10 --max-time 300 -C - -o "$file" "$url" || return 1
    got=sha512-$(base64_of "$(sha512sum "$file" | cut -d' ' -f1)")
    if [ "$got" != "$want" ]; then
        rm -f "$file"
        echo "$url: its digest is not the lock file's"
        return 1
    fi
    tar xzf "$file" -C "$2"
}

# vendor_lay_out FOLDER: each library's one file, named by its digest.
vendor_lay_out() {
    local name path file digest json=''
    while read -r name path; do
        mkdir -p "$1/$name"
        vendor_package "$name" "$1/$name" || return 1
        grep -v '^//# sourceMappingURL=' "$1/$name/package/$path" >"$1/script"
        digest=$(sha256sum "$1/script" | cut -d' ' -f1)
        file=${name//\//-}.${digest:0:16}.js
        json="$json${json:+,}\"$name\":{\"file\":\"$file\",\"integrity\":\"sha256-$(base64_of "$digest")\"}"
        mv "$1/script" "$1/out/$file"
    done < <(jq -r '.segue.files | to_entries[] | "\(.key) \(.value)"' "$VENDOR_FROM/package.json")
    printf '{%s}\n' "$json" | jq . >"$1/out/files.json"
}

vendor_fetch() {
    local work
    vendor_current && return 0
    mkdir -p "$(dirname "$VENDOR")"
    work=$(mktemp -d "$VENDOR.XXXXXX")
    mkdir "$work/out"
    if vendor_lay_out "$work"; then
        vendor_version >"$work/out/.lock"
        rm -rf "$VENDOR"
        mv "$work/out" "$VENDOR"
        rm -rf "$VENDOR.partial"
    else
        vendor_missing="The page's player could not be fetched from $REGISTRY: the page can search, and neither play nor upload."
        say "$vendor_missing"
    fi
    rm -rf "$work"
}
