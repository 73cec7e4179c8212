# packages.sh - the Debian packages Segue needs, and how they come onto the machine.
# "a|b": the first that this release of Debian has.

PACKAGES_BUILD="build-essential cmake ninja-build pkg-config libxapian-dev libfaiss-dev
 libopenblas-dev liblmdb-dev libnng-dev libmsgpack-c-dev|libmsgpack-dev libpq-dev libssl-dev
 libmicrohttpd-dev libcurl4-openssl-dev|libcurl4-gnutls-dev libjansson-dev libicu-dev libutf8proc-dev
 libxxhash-dev zlib1g-dev libzstd-dev libvips-dev libsodium-dev librhonabwy-dev libxml2-dev libhiredis-dev
 libavformat-dev libavcodec-dev libswresample-dev libavutil-dev libebur128-dev libchromaprint-dev
 libaubio-dev libseccomp-dev librabbitmq-dev libjemalloc-dev"
PACKAGES_RUN="postgresql runit curl ca-certificates jq util-linux"
PACKAGES_TEST="git python3 python3-venv check clang clang-format clang-tidy libclang-rt-dev|libclang-rt-14-dev libsqlite3-dev
 chromium nodejs npm openssl redis-server rabbitmq-server nginx-light varnish ffmpeg python3-swift
 libchromaprint-tools"
PACKAGES_BENCH="check libsqlite3-dev wrk libhnswlib-dev"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "needs root or sudo to install packages"
    fi
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# any_installed a|b: true when one of them is there.
any_installed() {
    local name
    for name in ${1//|/ }; do installed "$name" && return 0; done
    return 1
}

first_available() {
    local name
    for name in ${1//|/ }; do
        if apt-cache show "$name" >/dev/null 2>&1; then
            echo "$name"
            return 0
        fi
    done
    die "no Debian package among: $1"
}

packages_missing() {
    local want
    for want in "$@"; do
        case $want in
        # A node or npm from elsewhere serves as well.
        nodejs) command -v node >/dev/null && continue ;;
        npm) command -v npm >/dev/null && continue ;;
        esac
        any_installed "$want" || echo "$want"
    done
}

# packages_install NAME...: installs what is missing. The postgresql package would
# make a system cluster of its own, and servers for tests (nginx, redis ...) would start
# as the machine's own: not wanted, so both are off while it installs.
packages_install() {
    local missing names=() want no_cluster=/etc/postgresql-common/createcluster.d/segue-install.conf
    local policy=/usr/sbin/policy-rc.d own_policy=0
    missing=$(packages_missing "$@")
    [ -n "$missing" ] || return 0
    as_root apt-get update -q
    for want in $missing; do names+=("$(first_available "$want")"); done
    if ! installed postgresql; then
        as_root mkdir -p "$(dirname $no_cluster)"
        echo 'create_main_cluster = false' | as_root tee $no_cluster >/dev/null
    fi
    if [ ! -e $policy ] || grep -qs '^# of segue' $policy; then # the latter: of a run that was cut short
        printf '#!/bin/sh\n# of segue, while it installs packages: start no service\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod 755 $policy
        own_policy=1
    fi
    local rc=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${names[@]}" || rc=$?
    as_root rm -f $no_cluster
    [ $own_policy = 0 ] || as_root rm -f $policy
    return $rc
}
