/* artist.c - artists made, changed and deleted by the account that manages them or an admin. */
#include "api/cache/cache.h"
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/part.h"
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"
#include "core/title.h"

enum {
    MANAGED_MAX = 50, /* artists that one account makes for itself */
};

int sg_artist_hold(struct sg_db_tx *tx, const struct sg_http_request *q, uint64_t artist_id,
                   struct sg_error *e)
{
    static const struct sg_pg_statement hold = {
        "artist_hold",
        "SELECT coalesce(user_id, 0) FROM artists WHERE artist_id = $1::bigint FOR KEY SHARE", 1};
    PGresult *r = NULL;
    int rc = sg_tx_run(tx, &hold, (const char *const[]){sg_sql_u64(q->arena, artist_id)}, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail_field(e, "artist_id", "artist_id: there is no artist %llu",
                           (unsigned long long)artist_id);
    if (!rc)
        rc = sg_catalogue_edit_check(q, sg_row_u64(r, 0, 0), false, "artist", artist_id, e);
    PQclear(r);
    return rc;
}

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

static int put_aliases(struct sg_db_tx *tx, struct sg_edit *x, bool aliases, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_artist_edit *artist = x->thing;
    int rc = aliases ? sg_aliases_put(tx, a, SG_ARTIST, x->id, &artist->aliases, e) : 0;
    return rc ? rc : sg_artist_row(tx, a, x->id, artist, &x->version, e);
}

static int create(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_artist_edit *artist = x->thing;
    artist->user_id = sg_caller_is_admin(x->q) ? 0 : x->q->caller.user_id;
    int rc = count_managed(tx, x, artist->user_id, e);
    if (!rc)
        rc = sg_artist_insert(tx, x->q->arena, artist, e);
    x->id = artist->artist_id;
    return rc ? rc : put_aliases(tx, x, artist->aliases.n, e);
}

static int update(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    int rc = sg_artist_row(tx, a, x->id, x->thing, &x->version, e);
    if (rc || !sg_part_lay(x->kind->change, x->wanted, x->seen, x->thing))
        return rc;
    rc = sg_artist_update(tx, a, x->thing, e);
    return rc ? rc : put_aliases(tx, x, sg_edit_has(x, "aliases"), e);
}

static int remove_it(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    return sg_artist_delete(tx, x->q->arena, x->id, e);
}

/* Songs that name it are read anew. */
static void forget(struct sg_api *api, uint64_t artist_id)
{
    sg_cache_forgetf(api->cache, "artist:%llu", (unsigned long long)artist_id);
}

static const struct sg_edit_kind artist_kind = {.what = "artist",
                                                .path = "/api/v1/artists/",
                                                .name = "name",
                                                .made = &sg_new_artist_record,
                                                .change = &sg_artist_change_record,
                                                .thing = &sg_artist_edit_record,
                                                .check = check_body,
                                                .lock = sg_artist_lock,
                                                .create = create,
                                                .update = update,
                                                .remove = remove_it,
                                                .forget = forget};

void sg_api_artist_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_create(api, q, r, &artist_kind);
}

void sg_api_artist_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_change(api, q, r, &artist_kind);
}

void sg_api_artist_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_remove(api, q, r, &artist_kind, false);
}
