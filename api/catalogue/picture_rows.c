/* picture_rows.c - see picture_rows.h. */
#include "api/catalogue/picture_rows.h"
#include "api/catalogue/rows.h"
#include <stdio.h>

int sg_picture_know(struct sg_db *db, struct sg_http_request *q, const struct sg_cover *cover,
                    struct sg_error *e)
{
    static const struct sg_pg_statement know = {
        "picture_know",
        "INSERT INTO pictures (hash, width, height) VALUES ($1, $2::integer, $3::integer) "
        "ON CONFLICT (hash) DO UPDATE SET touched_at = now()",
        3};
    char width[16], height[16];
    snprintf(width, sizeof width, "%d", cover->width);
    snprintf(height, sizeof height, "%d", cover->height);
    return sg_db_write(db, q, &know, (const char *const[]){cover->name, width, height}, NULL, e);
}

static int put_use(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const char *name, struct sg_error *e)
{
    static const struct sg_pg_statement use = {
        "picture_use",
        "INSERT INTO picture_uses (kind, id, hash) VALUES ($1, $2::bigint, $3) "
        "ON CONFLICT (kind, id) DO UPDATE SET hash = excluded.hash",
        3};
    static const struct sg_pg_statement unuse = {
        "picture_unuse", "DELETE FROM picture_uses WHERE kind = $1 AND id = $2::bigint", 2};
    const char *params[] = {sg_kind_names[kind], sg_sql_u64(a, id), name};
    return sg_tx_run(tx, name ? &use : &unuse, params, NULL, e);
}

int sg_picture_use(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const char *name, uint64_t *version, struct sg_error *e)
{
#define GIVE(table, column, key)                                                                   \
    {                                                                                              \
        "picture_of_" table,                                                                       \
            "UPDATE " table " SET " column " = '/covers/' || $2::text || '/640.jpg', "             \
            "updated_at = now(), version = version + 1 WHERE " key                                 \
            " = $1::bigint RETURNING version",                                                     \
            2                                                                                      \
    }
    static const struct sg_pg_statement give[] = {
        [SG_SONG] = GIVE("songs", "cover_art_url", "song_id"),
        [SG_ALBUM] = GIVE("albums", "cover_art_url", "album_id"),
        [SG_ARTIST] = GIVE("artists", "image_url", "artist_id")};
#undef GIVE
    const char *params[] = {sg_sql_u64(a, id), name};
    PGresult *r = NULL;
    int rc = put_use(tx, a, kind, id, name, e);
    if (!rc)
        rc = sg_tx_run(tx, &give[kind], params, &r, e);
    if (!rc && PQntuples(r))
        *version = sg_row_u64(r, 0, 0);
    PQclear(r);
    return rc;
}

/* Within the transaction that holds the row: whoever puts the same picture meanwhile waits for
 * the row, and finds no folder. */
static int sweep(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "pictures_unused",
        "SELECT hash FROM pictures p WHERE touched_at < now() - interval '1 day' "
        "AND NOT EXISTS (SELECT FROM picture_uses u WHERE u.hash = p.hash) "
        "ORDER BY touched_at LIMIT 8 FOR UPDATE SKIP LOCKED",
        0};
    static const struct sg_pg_statement drop = {"picture_drop",
                                                "DELETE FROM pictures WHERE hash = $1", 1};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &find, NULL, &r, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        const char *hash = PQgetvalue(r, i, 0);
        rc = sg_tx_run(tx, &drop, (const char *const[]){hash}, NULL, e);
        if (!rc)
            rc = sg_covers_remove(ctx, hash, e);
    }
    PQclear(r);
    return rc;
}

int sg_pictures_sweep(struct sg_db *db, struct sg_covers *covers, struct sg_error *e)
{
    return sg_db_transact(db, NULL, sweep, covers, e);
}
