/* album_rows.c - see album_rows.h. */
#include "api/catalogue/album_rows.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/rows.h"

#define MARKETS SG_SQL_MARKETS("album", "l.album_id")
#define ALIASES SG_SQL_ALIASES("album", "l.album_id")
#define CREATED SG_SQL_TIME("l.created_at")
#define UPDATED SG_SQL_TIME("l.updated_at")

int sg_album_lock(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                  struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "album_lock",
        "SELECT l.version, coalesce(a.user_id, 0), coalesce(l.release_date > CURRENT_DATE, false) "
        "FROM albums l JOIN artists a USING (artist_id) WHERE l.album_id = $1::bigint "
        "FOR UPDATE OF l",
        1};
    return sg_edit_lock(tx, a, &lock, "album", id, out, e);
}

int sg_album_row(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_album_edit *out,
                 uint64_t *version, struct sg_error *e)
{
    static const struct sg_pg_statement read = {
        "album_row",
        "SELECT json_build_object('album_id', l.album_id, 'artist_id', l.artist_id, "
        "'title', l.title, 'release_date', to_char(l.release_date, 'YYYY-MM-DD'), 'upc', l.upc, "
        "'cover_art_url', l.cover_art_url, " MARKETS ", " ALIASES ", "
        "'upcoming', coalesce(l.release_date > CURRENT_DATE, false), 'song_count', "
        "(SELECT count(*) FROM songs s WHERE s.album_id = l.album_id), "
        "'created_at', " CREATED ", 'updated_at', " UPDATED "), l.version "
        "FROM albums l WHERE l.album_id = $1::bigint",
        1};
    return sg_edit_row(tx, a, &read, "album", id, &sg_album_edit_record, out, version, e);
}

int sg_album_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_album_edit *album,
                    struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "album_insert",
        "INSERT INTO albums (artist_id, title, release_date, upc) "
        "VALUES ($1::bigint, $2, $3::date, $4) RETURNING album_id",
        4};
    const char *params[] = {sg_sql_u64(a, album->artist_id), sg_sql_str(a, album->title),
                            sg_sql_str(a, album->release_date), sg_sql_str(a, album->upc)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &insert, params, &r, e);
    if (!rc)
        album->album_id = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

int sg_album_update(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_album_edit *album,
                    struct sg_error *e)
{
    static const struct sg_pg_statement update = {
        "album_update",
        "UPDATE albums SET title = $2, release_date = $3::date, upc = $4, version = version + 1, "
        "updated_at = now() WHERE album_id = $1::bigint",
        4};
    const char *params[] = {sg_sql_u64(a, album->album_id), sg_sql_str(a, album->title),
                            sg_sql_str(a, album->release_date), sg_sql_str(a, album->upc)};
    return sg_tx_run(tx, &update, params, NULL, e);
}

int sg_album_move(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_str before,
                  struct sg_str now, struct sg_error *e)
{
    static const struct sg_pg_statement move = {
        "album_move",
        "UPDATE songs SET release_date = $3::date WHERE album_id = $1::bigint "
        "AND release_date IS NOT DISTINCT FROM $2::date",
        3};
    const char *params[] = {sg_sql_u64(a, id), sg_sql_str(a, before), sg_sql_str(a, now)};
    return sg_str_eq(before, now) ? 0 : sg_tx_run(tx, &move, params, NULL, e);
}

int sg_album_release(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e)
{
    static const struct sg_pg_statement release = {
        "album_release", "UPDATE songs SET album_id = NULL WHERE album_id = $1::bigint", 1};
    return sg_tx_run(tx, &release, (const char *const[]){sg_sql_u64(a, id)}, NULL, e);
}

int sg_album_delete(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {
        "album_delete",
        "DELETE FROM albums l WHERE l.album_id = $1::bigint "
        "AND NOT EXISTS (SELECT FROM songs s WHERE s.album_id = l.album_id) RETURNING 1",
        1};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &drop, (const char *const[]){sg_sql_u64(a, id)}, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ECONFLICT, "album %llu has songs; songs=keep makes them singles",
                     (unsigned long long)id);
    PQclear(r);
    return rc;
}
