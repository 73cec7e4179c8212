# backup.sh - what cannot be made again, into files, and from these into an empty Segue.

help_backup() { cat <<'TXT'
usage: ./segue backup FILE [--no-keys] [--files]

While everything runs, writes what cannot be made again:

  FILE         the database (pg_dump's custom format, compressed), with all plays that were
               acknowledged before
  FILE.keys    the folder of keys, mode 0600: without the master keys all sealed audio
               is lost, with them whoever has the store can hear it. Keep it apart from
               the rest. --no-keys leaves it out
  FILE.files   with --files: audio (where objects.url is a folder) and covers. A large
               store is better copied by rsync, after this

Index and models are made from the database. What these files do not hold is named at the end.
TXT
}

# FILE command...: what it writes to its standard output becomes the file, whole or not at all.
backup_write() {
    local file=$1
    shift
    (umask 077 && "$@" >"$file.part") || {
        rm -f "$file.part"
        die "the backup failed: $file was not written"
    }
    mv "$file.part" "$file"
    say "wrote $file ($(du -h "$file" | cut -f1))"
}

# Plays and searches that were acknowledged before now are to be in it: the services bring them to the
# database within plays.every_ms, a minute at most, and try again every half minute if it was away.
backup_journals() {
    local wait=90 left
    service_runs api || wait=0
    left=$("$BIN/segue-data" journals --wait $wait) && return 0
    say "${red}NOT in it, still in journals below $VAR: $(awk '$2 > 0 { print $2, $1 }' ORS=', ' <<<"$left" | sed 's/, $//').${plain}"
    [ $wait != 0 ] || say "${red}The API does not run, which would bring them to the database.${plain}"
}

# objects.url where it is a folder.
objects_folder() {
    local url
    url=$(setting objects.url)
    case $url in
    *://*) ;;
    /*) echo "$url" ;;
    *) echo "$SEGUE_HOME/$url" ;;
    esac
}
# What others remove or add meanwhile is no failure (tar's exit code 1).
tar_of() { tar --warning=no-file-changed --warning=no-file-removed --sort=name -c "$@" || [ $? = 1 ]; }
tar_keys() { tar_of -C "$VAR" --exclude=LOCK keys; }
tar_files() {
    local objects parts=() moved=()
    objects=$(objects_folder)
    [ ! -d "$VAR/covers" ] || parts+=(-C "$VAR" covers)
    if [ -n "$objects" ] && [ -d "$objects" ]; then
        parts+=(-C "$objects" --exclude=./.temp .)
        moved=(--transform='flags=rSH;s,^\.,objects,')
    fi
    [ ${#parts[@]} -gt 0 ] || parts=(-T /dev/null)
    tar_of "${moved[@]}" "${parts[@]}"
}
size_of() { du -sh "$1" 2>/dev/null | cut -f1; }

# Loudly, what a restore from these files would lack.
backup_lacks() {
    local keys=$1 files=$2 master objects
    master=$(setting objects.keys)
    objects=$(objects_folder)
    if [ -f "$master" ] && { [ "$keys" = 0 ] || [ "${master#"$VAR/keys/"}" = "$master" ]; }; then
        say "${red}NOT in it: the master keys, $master. Without them all sealed audio is lost for good.${plain}"
    fi
    if [ "$files" = 1 ]; then
        [ -n "$objects" ] || say "${red}NOT in it: audio, which lies in $(setting objects.url).${plain}"
        return 0
    fi
    say "${red}NOT in it: audio in $(setting objects.url)${objects:+ ($(size_of "$objects"))}, covers in $VAR/covers ($(size_of "$VAR/covers")): --files, or rsync after this.${plain}"
}

cmd_backup() {
    local file='' keys=1 files=0 one
    while [ $# -gt 0 ]; do
        case $1 in
        --no-keys) keys=0 ;;
        --files) files=1 ;;
        -*) misuse "backup: unknown option '$1' (see ./segue backup --help)" ;;
        *)
            [ -z "$file" ] || misuse "backup needs one file to write"
            file=$1
            ;;
        esac
        shift
    done
    [ -n "$file" ] || misuse "backup needs a file to write"
    need_built
    postgres_ready >/dev/null 2>&1 || die "the database is not running: ./segue up first"
    for one in "$file" "$file.keys" "$file.files"; do
        [ ! -e "$one" ] || die "$one exists: not overwritten"
    done
    backup_journals
    backup_write "$file" env PGHOST="$VAR/pg/socket" pg_dump -Fc segue
    # After the database: what it names is there; what it does not name yet is swept away later.
    if [ $keys = 1 ] && [ -d "$VAR/keys" ]; then
        backup_write "$file.keys" tar_keys
        say "${bold}$file.keys opens all sealed audio: keep it secret, and apart from the rest.${plain}"
    fi
    [ $files = 0 ] || backup_write "$file.files" tar_files
    backup_lacks $keys $files
}

help_restore() { cat <<'TXT'
usage: ./segue restore FILE [options of up]

Loads a file of ./segue backup (or pg_dump -Fc) into a Segue that has no
catalogue yet, with FILE.keys and FILE.files where they lie beside it; then does what up
does: migrates, builds the index, trains, starts. Refuses when there is a catalogue, or
there are other master keys: ./segue reset first, or another var_dir.
TXT
}

# FILE FOLDER TO: one folder of a file of ours becomes TO.
unpack() {
    mkdir -p "$3"
    tar -xpf "$1" --no-same-owner --strip-components=1 -C "$3" "$2"
}
holds() { tar -tf "$1" "$2" >/dev/null 2>&1; }
restore_keys() {
    local file=$restore_file.keys mine=$VAR/keys/master.json
    if [ -e "$mine" ] && holds "$file" keys/master.json && ! tar -xOf "$file" keys/master.json | cmp -s - "$mine"; then
        die "$mine holds other keys than the backup: move it away first"
    fi
    mkdir -p -m 700 "$VAR/keys"
    step "Restoring the keys" unpack "$file" keys "$VAR/keys"
}
restore_files() {
    local file=$restore_file.files objects
    objects=$(objects_folder)
    ! holds "$file" covers || step "Restoring the covers" unpack "$file" covers "$VAR/covers"
    [ -z "$objects" ] || ! holds "$file" objects || step "Restoring the audio" unpack "$file" objects "$objects"
}

# Between PostgreSQL's start and the migrations; the database last, so that what fails before it
# can be repeated.
restore_database() {
    [ "$(psql_catalogue "SELECT to_regclass('songs')")" = '' ] || die "there is a catalogue already: ./segue reset deletes it"
    [ ! -f "$restore_file.keys" ] || restore_keys
    [ ! -f "$restore_file.files" ] || restore_files
    step "Restoring the database" env PGHOST="$VAR/pg/socket" pg_restore --exit-on-error --single-transaction -d segue "$restore_file"
    restore_lacks
}
restore_lacks() {
    [ ! -f "$(setting objects.keys)" ] || return 0
    [ "$(psql_catalogue "SELECT to_regclass('assets') IS NOT NULL")" = t ] || return 0
    [ "$(psql_catalogue 'SELECT EXISTS (SELECT FROM assets WHERE content_key IS NOT NULL)')" = f ] ||
        say "${red}There is sealed audio, and its master keys ($(setting objects.keys)) are not there: it cannot be heard until they are.${plain}"
}
cmd_restore() {
    [ $# -ge 1 ] || misuse "restore needs the file to load"
    [ -r "$1" ] || die "$1 cannot be read"
    restore_file=$1
    shift
    cmd_up --no-demo "$@"
}
