/* artist_rows.c - see artist_rows.h. */
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/rows.h"

#define ALIASES SG_SQL_ALIASES("artist", "a.artist_id")
#define CREATED SG_SQL_TIME("a.created_at")
#define UPDATED SG_SQL_TIME("a.updated_at")

int sg_artist_lock(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_edit_head *out,
                   struct sg_error *e)
{
    static const struct sg_pg_statement lock = {
        "artist_lock",
        "SELECT version, coalesce(user_id, 0), false FROM artists WHERE artist_id = $1::bigint "
        "FOR NO KEY UPDATE",
        1};
    return sg_edit_lock(tx, a, &lock, "artist", id, out, e);
}

int sg_artist_row(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_artist_edit *out,
                  uint64_t *version, struct sg_error *e)
{
    static const struct sg_pg_statement read = {
        "artist_row",
        "SELECT json_build_object('artist_id', a.artist_id, 'name', a.name, 'bio', a.bio, "
        "'image_url', a.image_url, " ALIASES ", 'user_id', a.user_id, "
        "'created_at', " CREATED ", 'updated_at', " UPDATED "), a.version "
        "FROM artists a WHERE a.artist_id = $1::bigint",
        1};
    return sg_edit_row(tx, a, &read, "artist", id, &sg_artist_edit_record, out, version, e);
}

int sg_artist_insert(struct sg_db_tx *tx, struct sg_arena *a, struct sg_artist_edit *artist,
                     struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "artist_insert",
        "INSERT INTO artists (name, bio, user_id) VALUES ($1, nullif($2, ''), $3::bigint) "
        "RETURNING artist_id",
        3};
    const char *params[] = {sg_sql_str(a, artist->name), sg_sql_str(a, artist->bio),
                            sg_sql_some(a, artist->user_id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &insert, params, &r, e);
    if (!rc)
        artist->artist_id = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

int sg_artist_update(struct sg_db_tx *tx, struct sg_arena *a, const struct sg_artist_edit *artist,
                     struct sg_error *e)
{
    static const struct sg_pg_statement update = {
        "artist_update",
        "UPDATE artists SET name = $2, bio = nullif($3, ''), version = version + 1, "
        "updated_at = now() WHERE artist_id = $1::bigint",
        3};
    const char *params[] = {sg_sql_u64(a, artist->artist_id), sg_sql_str(a, artist->name),
                            sg_sql_str(a, artist->bio)};
    return sg_tx_run(tx, &update, params, NULL, e);
}

int sg_artist_delete(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, struct sg_error *e)
{
    static const struct sg_pg_statement holds = {
        "artist_holds",
        "SELECT CASE WHEN EXISTS (SELECT FROM songs WHERE artist_id = $1::bigint) THEN 'songs' "
        "WHEN EXISTS (SELECT FROM albums WHERE artist_id = $1::bigint) THEN 'albums' "
        "WHEN EXISTS (SELECT FROM song_artists WHERE credited_artist_id = $1::bigint) "
        "THEN 'credits on songs of others' "
        "WHEN EXISTS (SELECT FROM uploads WHERE artist_id = $1::bigint) THEN 'uploads' END",
        1};
    static const struct sg_pg_statement drop = {
        "artist_delete", "DELETE FROM artists WHERE artist_id = $1::bigint", 1};
    const char *params[] = {sg_sql_u64(a, id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &holds, params, &r, e);
    if (!rc && !PQgetisnull(r, 0, 0))
        rc = sg_fail(e, SG_ECONFLICT, "artist %llu has %s", (unsigned long long)id,
                     PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc ? rc : sg_tx_run(tx, &drop, params, NULL, e);
}

int sg_artist_count(struct sg_db_tx *tx, struct sg_arena *a, uint64_t user_id, uint64_t *out,
                    struct sg_error *e)
{
    static const struct sg_pg_statement hold = {
        "artist_manager", "SELECT FROM users WHERE user_id = $1::bigint FOR NO KEY UPDATE", 1};
    static const struct sg_pg_statement count = {
        "artist_count", "SELECT count(*) FROM artists WHERE user_id = $1::bigint", 1};
    const char *params[] = {sg_sql_u64(a, user_id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &hold, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "there is no user %llu", (unsigned long long)user_id);
    PQclear(r);
    r = NULL;
    if (!rc)
        rc = sg_tx_run(tx, &count, params, &r, e);
    if (!rc)
        *out = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

int sg_artist_give(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, uint64_t user_id,
                   struct sg_error *e)
{
    static const struct sg_pg_statement give = {
        "artist_give",
        "UPDATE artists SET user_id = $2::bigint WHERE artist_id = $1::bigint "
        "AND user_id IS DISTINCT FROM $2::bigint",
        2};
    static const struct sg_pg_statement role = {
        "artist_role",
        "UPDATE users SET roles = array_append(roles, 'artist') WHERE user_id = $1::bigint "
        "AND NOT 'artist' = ANY (roles)",
        1};
    static const struct sg_pg_statement settled = {
        "artist_settled", "DELETE FROM artist_claims WHERE artist_id = $1::bigint", 1};
    const char *params[] = {sg_sql_u64(a, id), sg_sql_some(a, user_id)};
    int rc = sg_tx_run(tx, &give, params, NULL, e);
    if (!rc && user_id)
        rc = sg_tx_run(tx, &role, params + 1, NULL, e);
    return rc || !user_id ? rc : sg_tx_run(tx, &settled, params, NULL, e);
}
