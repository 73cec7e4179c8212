/* album.c - what is particular to albums that are made, changed and deleted; the rest is edit.c. */
#include "api/cache/cache.h"
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/params.h"
#include "api/catalogue/rows.h"
#include "api/problem.h"
#include "core/title.h"
#include "schemas/edits.h"

static int check_body(struct sg_arena *a, void *wanted, struct sg_error *e)
{
    struct sg_album_edit *l = wanted;
    int rc = l->title.p ? sg_title(a, "title", l->title, SG_NAME_LONGEST, &l->title, e) : 0;
    if (!rc)
        rc = sg_check_date("release_date", l->release_date, e);
    if (!rc)
        rc = sg_check_upc(a, &l->upc, e);
    if (!rc)
        rc = sg_check_markets(&l->markets, e);
    return rc ? rc : sg_check_aliases(a, &l->aliases, e);
}

static int insert(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement add = {
        "album_insert",
        "INSERT INTO albums (artist_id, title, release_date, upc) "
        "VALUES ($1::bigint, $2, $3::date, $4) RETURNING album_id",
        4};
    struct sg_arena *a = x->q->arena;
    const struct sg_album_edit *album = x->thing;
    const char *params[] = {sg_sql_u64(a, album->artist_id), sg_sql_str(a, album->title),
                            sg_sql_str(a, album->release_date), sg_sql_str(a, album->upc)};
    int rc = sg_artist_hold(tx, x->q, album->artist_id, e);
    return rc ? rc : sg_edit_insert(tx, &add, params, &x->id, e);
}

/* Songs that were to come out with it move to its new date. */
static int move_songs(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement move = {
        "album_move",
        "UPDATE songs SET release_date = $3::date WHERE album_id = $1::bigint "
        "AND release_date IS NOT DISTINCT FROM $2::date",
        3};
    struct sg_arena *a = x->q->arena;
    const struct sg_album_edit *was = x->was, *album = x->thing;
    const char *params[] = {sg_sql_u64(a, x->id), sg_sql_str(a, was->release_date),
                            sg_sql_str(a, album->release_date)};
    return sg_str_eq(was->release_date, album->release_date)
               ? 0
               : sg_tx_run(tx, &move, params, NULL, e);
}

static int update(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement set = {
        "album_update",
        "UPDATE albums SET title = $2, release_date = $3::date, upc = $4, version = version + 1, "
        "updated_at = now() WHERE album_id = $1::bigint",
        4};
    struct sg_arena *a = x->q->arena;
    const struct sg_album_edit *album = x->thing;
    const char *params[] = {sg_sql_u64(a, x->id), sg_sql_str(a, album->title),
                            sg_sql_str(a, album->release_date), sg_sql_str(a, album->upc)};
    int rc = sg_tx_run(tx, &set, params, NULL, e);
    return rc ? rc : move_songs(tx, x, e);
}

static int remove_it(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement release = {
        "album_release", "UPDATE songs SET album_id = NULL WHERE album_id = $1::bigint", 1};
    static const struct sg_pg_statement drop = {
        "album_delete",
        "DELETE FROM albums l WHERE l.album_id = $1::bigint "
        "AND NOT EXISTS (SELECT FROM songs s WHERE s.album_id = l.album_id) RETURNING 1",
        1};
    const char *params[] = {sg_sql_u64(x->q->arena, x->id)};
    PGresult *r = NULL;
    int rc = x->keep_songs ? sg_tx_run(tx, &release, params, NULL, e) : 0;
    if (!rc)
        rc = sg_tx_run(tx, &drop, params, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ECONFLICT, "album %llu has songs; songs=keep makes them singles",
                     (unsigned long long)x->id);
    PQclear(r);
    return rc;
}

static struct sg_extras extras(const void *thing)
{
    const struct sg_album_edit *l = thing;
    return (struct sg_extras){l->markets, l->markets_excluded, l->aliases};
}

/* Songs that name it are read anew. */
static void forget(struct sg_api *api, uint64_t album_id)
{
    sg_cache_forgetf(api->cache, "album:%llu", (unsigned long long)album_id);
}

#define MARKETS SG_SQL_MARKETS("album", "l.album_id")
#define ALIASES SG_SQL_ALIASES("album", "l.album_id")
#define CREATED SG_SQL_TIME("l.created_at")
#define UPDATED SG_SQL_TIME("l.updated_at")

const struct sg_edit_kind sg_album_kind = {
    .kind = SG_ALBUM,
    .name = "title",
    .made = &sg_new_album_record,
    .change = &sg_album_change_record,
    .thing = &sg_album_edit_record,
    .lock = {"album_lock",
             "SELECT l.version, coalesce(a.user_id, 0), "
             "coalesce(l.release_date > CURRENT_DATE, false) "
             "FROM albums l JOIN artists a USING (artist_id) WHERE l.album_id = $1::bigint "
             "FOR UPDATE OF l",
             1},
    .read = {"album_row",
             "SELECT json_build_object('album_id', l.album_id, 'artist_id', l.artist_id, "
             "'title', l.title, 'release_date', to_char(l.release_date, 'YYYY-MM-DD'), "
             "'upc', l.upc, 'cover_art_url', l.cover_art_url, " MARKETS ", " ALIASES ", "
             "'upcoming', coalesce(l.release_date > CURRENT_DATE, false), 'song_count', "
             "(SELECT count(*) FROM songs s WHERE s.album_id = l.album_id), "
             "'created_at', " CREATED ", 'updated_at', " UPDATED "), l.version "
             "FROM albums l WHERE l.album_id = $1::bigint",
             1},
    .check = check_body,
    .insert = insert,
    .update = update,
    .remove = remove_it,
    .extras = extras,
    .forget = forget,
};

void sg_api_album_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_create(api, q, r, &sg_album_kind);
}

void sg_api_album_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_change(api, q, r, &sg_album_kind);
}

void sg_api_album_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_album_removal in;
    if (sg_params_read(q, sg_album_removal_params, &sg_album_removal_record, &in, &e))
        sg_problem(q, r, &e);
    else
        sg_edit_remove(api, q, r, &sg_album_kind, sg_str_eq(in.songs, SG_STR("keep")));
}
