# backup.sh - the database into a file, and from a file into an empty Segue.

help_backup() { cat <<'TXT'
usage: ./segue backup FILE

Writes the catalogue's database, the only original, to FILE (pg_dump's custom
format, compressed) while everything runs. Index and models are made from it.
TXT
}
cmd_backup() {
    [ $# -eq 1 ] || misuse "backup needs a file to write"
    postgres_ready >/dev/null 2>&1 || die "the database is not running: ./segue up first"
    [ ! -e "$1" ] || die "$1 exists: not overwritten"
    rm -f "$1.part"
    (umask 077 && PGHOST=$VAR/pg/socket pg_dump -Fc -f "$1.part" segue) || {
        rm -f "$1.part"
        die "the backup failed"
    }
    mv "$1.part" "$1"
    say "wrote $1 ($(du -h "$1" | cut -f1))"
}

help_restore() { cat <<'TXT'
usage: ./segue restore FILE [options of up]

Loads a file of ./segue backup (or pg_dump -Fc) into a Segue that has no
catalogue yet, then does what up does: migrates, builds the index, trains, starts.
Refuses when there is a catalogue: ./segue reset first, or another var_dir.
TXT
}

# Between PostgreSQL's start and the migrations.
restore_database() {
    [ "$(psql_catalogue "SELECT to_regclass('songs')")" = '' ] || die "there is a catalogue already: ./segue reset deletes it"
    step "Restoring the database" env PGHOST="$VAR/pg/socket" pg_restore --exit-on-error --single-transaction -d segue "$restore_file"
}
cmd_restore() {
    [ $# -ge 1 ] || misuse "restore needs the file to load"
    [ -r "$1" ] || die "$1 cannot be read"
    restore_file=$1
    shift
    cmd_up --no-demo "$@"
}
