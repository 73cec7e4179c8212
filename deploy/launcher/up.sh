# up.sh - from a bare machine to a running Segue; also import and rebuild.

help_up() { cat <<'TXT'
usage: ./segue up [--no-demo] [--no-install] [--songs N] [--users M]

Brings up everything on this machine: installs missing Debian packages (root or
sudo), builds a release, fetches the page's libraries from npm, makes a private PostgreSQL
below var/, loads the demo catalogue when the catalogue is empty, builds and publishes
an index generation, trains the recommender, starts all services under supervision.
Run it again at any time: what is done already is not done twice, and what would not
start with a changed configuration is found before what runs is stopped.

  --no-demo      start with an empty catalogue
  --no-install   install no packages
  --songs N      size of the demo catalogue (demo.songs in segue.conf)
  --users M      users of the demo catalogue (demo.users)
TXT
}

psql_catalogue() { PGHOST=$VAR/pg/socket psql -qAt -d segue -v ON_ERROR_STOP=1 -c "$1"; }
database_make() {
    PGHOST=$VAR/pg/socket psql -qAt -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'segue'" | grep -q 1 ||
        PGHOST=$VAR/pg/socket createdb segue
}
postgres_start() {
    "$SEGUE_HOME/deploy/postgres" init "$VAR/pg"
    service_up postgres || return
    wait_for 1800 PostgreSQL postgres_ready
    database_make
}
catalogue_empty() { [ "$(psql_catalogue 'SELECT EXISTS (SELECT 1 FROM songs)')" = f ]; }

# A service whose program, page or configuration is another than when it started is restarted.
service_current() {
    local name=$1 running built config file=$VAR/run/$1.config
    config=$(service_config "$name")
    running=$(cat "$VAR/run/$name.started" 2>/dev/null || true)
    built=$(stat -c %Y "$BIN/segue-$name")
    [ "$name" != api ] || built=$(find "$BIN/segue-api" "$SEGUE_HOME/api/web" "$VENDOR" -type f -printf '%Ts\n' 2>/dev/null | sort -n | tail -n 1 || true) # the page's libraries may be missing
    if ! service_runs "$name"; then
        service_up "$name"
    elif [ "$built" -gt "${running:-0}" ] || [ "$config" != "$(cat "$file" 2>/dev/null)" ]; then
        if [ "$name" = api ]; then api_replace; else service_restart "$name"; fi
    fi
    echo "$config" >"$file"
    [ "$name" != api ] || api_address >"$VAR/run/api.address"
}

# When not, why: the end of the API's log.
services_ready() {
    wait_for 1200 "the API" api_healthy && return 0
    say "the end of its log, $VAR/log/api/current:"
    tail -n 5 "$VAR/log/api/current" >&2
    return 1
}

demo_catalogue() {
    [ "$(psql_catalogue "SELECT EXISTS (SELECT FROM users WHERE email = 'listener1@example.com')")" = t ]
}
# Nothing can be heard yet: what people bring in later is not given made-up sound.
silent() { [ "$(psql_catalogue 'SELECT EXISTS (SELECT FROM song_audio)')" = f ]; }
# One account of the demo, so that the page can log in; its password is made here, once.
demo_account() {
    local file=$VAR/demo-account
    [ ! -f "$file" ] || return 0
    (
        umask 077
        # Made before, by a run that was cut short: another password will do.
        { "$BIN/segue-api" user create --email demo@segue.example --name Demo --generate 2>/dev/null ||
            "$BIN/segue-api" user set-password demo@segue.example --generate; } | head -n 1 >"$file.tmp"
        [ -s "$file.tmp" ] && mv "$file.tmp" "$file"
    )
}

sample_search() {
    local title
    title=$(psql_catalogue "SELECT s.title FROM songs s ORDER BY play_count DESC LIMIT 1" 2>/dev/null)
    [ -n "$title" ] || return 0
    say ""
    say "${bold}segue-query search \"$title\"${plain}"
    "$BIN/segue-query" search "$title" --limit 3 || true
}

cmd_up() {
    local demo=1 install=1 songs='' users=''
    while [ $# -gt 0 ]; do
        case $1 in
        --no-demo) demo=0 ;;
        --no-install) install=0 ;;
        --songs | --users)
            [[ ${2:-} =~ ^[0-9]+$ ]] || misuse "$1 needs a whole number"
            [ "$1" = --songs ] && songs=$2 || users=$2
            shift
            ;;
        *) misuse "up: unknown option '$1' (see ./segue up --help)" ;;
        esac
        shift
    done
    check_paths
    mkdir -p "$VAR/log" "$VAR/run"
    touch "$VAR/.segue"

    # shellcheck disable=SC2086
    if [ $install = 1 ] && [ -n "$(packages_missing $PACKAGES_BUILD $PACKAGES_RUN)" ]; then
        step "Installing packages" packages_install $PACKAGES_BUILD $PACKAGES_RUN
    fi
    BUILD_OPTIONS=-DSEGUE_TESTS=OFF step "Building the release" build_preset release
    step "Fetching the page's libraries" vendor_fetch
    setting var_dir >/dev/null || die "segue.conf is not usable (see above)"
    supervisor_start
    step "Starting PostgreSQL" postgres_start
    [ -z "${restore_file:-}" ] || restore_database
    step "Migrating the schema" "$BIN/segue-data" migrate
    if [ $demo = 1 ] && catalogue_empty; then
        loud "Loading the demo catalogue" "$BIN/segue-data" generate --songs "${songs:-$(setting demo.songs)}" \
            --users "${users:-$(setting demo.users)}" --seed "$(setting demo.seed)"
    fi
    if [ $demo = 1 ] && demo_catalogue; then
        ! silent || loud "Making the demo catalogue's sound" "$BIN/segue-data" demo-audio --seed "$(setting demo.seed)"
        step "Making the demo account" demo_account
    fi
    [ -f "$VAR/index/CURRENT" ] || loud "Building the index" "$BIN/segue-indexer" rebuild
    "$BIN/segue-recsys" status >/dev/null 2>&1 || loud "Training the recommender" "$BIN/segue-recsys" train
    local name
    for name in indexer recsys query worker api; do service_current "$name"; done
    step "Waiting for the services" services_ready

    sample_search
    cat <<TXT

Segue is up after $((SECONDS - started_at)) s.
  page      $(api_url)/
  search    curl '$(api_url)/api/v1/search?q=love&limit=3'
  terminal  build/release/bin/segue-query search "love"
  metrics   $(api_url)/metrics        health  $(api_url)/health
  stop      ./segue down              logs    ./segue logs -f
TXT
    [ -z "${vendor_missing:-}" ] || say "  $vendor_missing"
    [ ! -f "$VAR/demo-account" ] || say "  log in    demo@segue.example   password $(cat "$VAR/demo-account")   (kept in var/demo-account)"
}

help_import() { cat <<'TXT'
usage: ./segue import FORMAT PATH... [options]

Loads a catalogue into the running Segue; the index follows by itself.
FORMAT is jsonl, csv, playlist-archive, billboard or lastfm; the options are
those of `segue-data import --help`.
TXT
}
cmd_import() {
    [ $# -ge 2 ] || {
        help_import >&2
        exit 2
    }
    need_built
    postgres_ready >/dev/null 2>&1 || die "the database is not running: ./segue up first"
    "$BIN/segue-data" import "$@"
}

help_rebuild() { cat <<'TXT'
usage: ./segue rebuild [--all] [--force]

Builds a new index generation from the database and publishes it when its
quality gate passes; searches go on meanwhile.
  --all     train the recommender as well
  --force   publish even when the gate refuses
TXT
}
cmd_rebuild() {
    local all=0 rc=0 force=()
    while [ $# -gt 0 ]; do
        case $1 in
        --all) all=1 ;;
        --force) force=(--force) ;;
        *) misuse "rebuild: unknown option '$1'" ;;
        esac
        shift
    done
    need_built
    "$BIN/segue-indexer" rebuild "${force[@]}" || rc=$?
    if [ $all = 1 ]; then "$BIN/segue-recsys" train "${force[@]}" || rc=$?; fi
    return $rc
}
