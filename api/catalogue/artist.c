/* artist.c - what is particular to artists that are made, changed and deleted; the rest is
 * edit.c. */
#include "api/cache/cache.h"
#include "api/caller.h"
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/rows.h"
#include "core/title.h"
#include "schemas/edits.h"

enum {
    MANAGED_MAX = 50, /* artists that one account makes for itself */
};

static int check_body(struct sg_arena *a, void *wanted, struct sg_error *e)
{
    struct sg_artist_edit *x = wanted;
    int rc = x->name.p ? sg_title(a, "name", x->name, SG_NAME_LONGEST, &x->name, e) : 0;
    if (!rc && x->bio.p)
        rc = sg_prose(a, "bio", x->bio, SG_BIO_LONGEST, &x->bio, e);
    if (!rc && !x->bio.n)
        x->bio = SG_STR_NONE; /* an empty one is none */
    return rc ? rc : sg_check_aliases(a, &x->aliases, e);
}

/* Whoever makes one manages it, within bounds; admins make them for others. */
static int count_managed(struct sg_db_tx *tx, struct sg_edit *x, uint64_t user_id,
                         struct sg_error *e)
{
    uint64_t n = 0;
    int rc = user_id ? sg_artist_count(tx, x->q->arena, user_id, &n, e) : 0;
    return rc || n < MANAGED_MAX
               ? rc
               : sg_fail(e, SG_ECONFLICT, "an account manages at most %d artists", MANAGED_MAX);
}

static int insert(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement add = {
        "artist_insert",
        "INSERT INTO artists (name, bio, user_id) VALUES ($1, nullif($2, ''), $3::bigint) "
        "RETURNING artist_id",
        3};
    struct sg_arena *a = x->q->arena;
    const struct sg_artist_edit *artist = x->thing;
    uint64_t user_id = sg_caller_is_admin(x->q) ? 0 : x->q->caller.user_id;
    const char *params[] = {sg_sql_str(a, artist->name), sg_sql_str(a, artist->bio),
                            sg_sql_some(a, user_id)};
    int rc = count_managed(tx, x, user_id, e);
    return rc ? rc : sg_edit_insert(tx, &add, params, &x->id, e);
}

static int update(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement set = {
        "artist_update",
        "UPDATE artists SET name = $2, bio = nullif($3, ''), version = version + 1, "
        "updated_at = now() WHERE artist_id = $1::bigint",
        3};
    struct sg_arena *a = x->q->arena;
    const struct sg_artist_edit *artist = x->thing;
    const char *params[] = {sg_sql_u64(a, x->id), sg_sql_str(a, artist->name),
                            sg_sql_str(a, artist->bio)};
    return sg_tx_run(tx, &set, params, NULL, e);
}

static int remove_it(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
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
    const char *params[] = {sg_sql_u64(x->q->arena, x->id)};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &holds, params, &r, e);
    if (!rc && !PQgetisnull(r, 0, 0))
        rc = sg_fail(e, SG_ECONFLICT, "artist %llu has %s", (unsigned long long)x->id,
                     PQgetvalue(r, 0, 0));
    PQclear(r);
    return rc ? rc : sg_tx_run(tx, &drop, params, NULL, e);
}

static struct sg_extras extras(const void *thing)
{
    const struct sg_artist_edit *x = thing;
    return (struct sg_extras){.aliases = x->aliases};
}

/* Songs that name it are read anew. */
static void forget(struct sg_api *api, uint64_t artist_id)
{
    sg_cache_forgetf(api->cache, "artist:%llu", (unsigned long long)artist_id);
}

#define ALIASES SG_SQL_ALIASES("artist", "a.artist_id")
#define CREATED SG_SQL_TIME("a.created_at")
#define UPDATED SG_SQL_TIME("a.updated_at")

const struct sg_edit_kind sg_artist_kind = {
    .kind = SG_ARTIST,
    .name = "name",
    .made = &sg_new_artist_record,
    .change = &sg_artist_change_record,
    .thing = &sg_artist_edit_record,
    .lock = {"artist_lock",
             "SELECT version, coalesce(user_id, 0), false FROM artists "
             "WHERE artist_id = $1::bigint FOR NO KEY UPDATE",
             1},
    .read = {"artist_row",
             "SELECT json_build_object('artist_id', a.artist_id, 'name', a.name, 'bio', a.bio, "
             "'image_url', a.image_url, " ALIASES ", 'user_id', a.user_id, "
             "'created_at', " CREATED ", 'updated_at', " UPDATED "), a.version "
             "FROM artists a WHERE a.artist_id = $1::bigint",
             1},
    .check = check_body,
    .insert = insert,
    .update = update,
    .remove = remove_it,
    .extras = extras,
    .forget = forget,
};

void sg_api_artist_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_create(api, q, r, &sg_artist_kind);
}

void sg_api_artist_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_change(api, q, r, &sg_artist_kind);
}

void sg_api_artist_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_remove(api, q, r, &sg_artist_kind, false);
}
