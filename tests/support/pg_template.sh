#!/bin/sh
# A migrated cluster, kept so that tests copy it: take TEMPLATE DIR | keep TEMPLATE DIR
# take: copies it into DIR; exit 1 where none of this schema and server is kept.
# keep: what lies in DIR, its server stopped, is the one from now on.
set -eu
verb=$1 template=$2 dir=$3
cd "$(dirname "$0")/../.."
key=$({
    env | grep '^SEGUE_PG_' | grep -v '^SEGUE_PG_DSN=' || true
    ls -d /usr/lib/postgresql/*
    cat deploy/postgres core/pg/migrate.c tests/support/pg.c schemas/sql/*.sql
} | sha256sum)
case $verb in
take)
    [ "$(cat "$template/key" 2>/dev/null)" = "$key" ] || exit 1
    cp -a "$template/cluster/." "$dir"
    ;;
keep)
    rm -rf "$template"
    mkdir -p "$template"
    cp -a "$dir" "$template/cluster"
    echo "$key" >"$template/key"
    ;;
*) exit 2 ;;
esac
