/* artist.c - artists made, changed and deleted by the account that manages them or an admin. */
#include "api/cache/cache.h"
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/part.h"
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/title.h"

enum {
    MANAGED_MAX = 50, /* artists that one account makes for itself */
};

struct edit {
    struct sg_http_request *q;
    uint64_t artist_id;
    struct sg_artist_edit change;
    uint64_t seen;
    struct sg_artist_edit artist;
    uint64_t version;
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

static int check_body(struct sg_arena *a, struct sg_artist_edit *x, struct sg_error *e)
{
    int rc = x->name.p ? sg_title(a, "name", x->name, SG_NAME_LONGEST, &x->name, e) : 0;
    if (!rc && x->bio.p)
        rc = sg_prose(a, "bio", x->bio, SG_BIO_LONGEST, &x->bio, e);
    if (!rc && !x->bio.n)
        x->bio = SG_STR_NONE; /* an empty one is none */
    return rc ? rc : sg_check_aliases(a, &x->aliases, e);
}

static int count_managed(struct sg_db_tx *tx, struct edit *x, struct sg_error *e)
{
    uint64_t n;
    if (!x->artist.user_id)
        return 0;
    int rc = sg_artist_count(tx, x->q->arena, x->artist.user_id, &n, e);
    return rc || n < MANAGED_MAX
               ? rc
               : sg_fail(e, SG_ECONFLICT, "an account manages at most %d artists", MANAGED_MAX);
}

static int create(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    struct sg_arena *a = x->q->arena;
    x->artist = x->change;
    x->artist.user_id = sg_caller_is_admin(x->q) ? 0 : x->q->caller.user_id;
    int rc = count_managed(tx, x, e);
    if (!rc)
        rc = sg_artist_insert(tx, a, &x->artist, e);
    x->artist_id = x->artist.artist_id;
    if (!rc && x->artist.aliases.n)
        rc = sg_aliases_put(tx, a, SG_ARTIST, x->artist_id, &x->artist.aliases, e);
    return rc ? rc : sg_artist_row(tx, a, x->artist_id, &x->artist, &x->version, e);
}

static int hold(struct sg_db_tx *tx, struct edit *x, struct sg_error *e)
{
    struct sg_artist_head head;
    int rc = sg_artist_lock(tx, x->q->arena, x->artist_id, &head, e);
    if (!rc)
        rc = sg_catalogue_edit_check(x->q, head.owner, false, "artist", x->artist_id, e);
    return rc ? rc : sg_etag_check(x->q, head.version, e);
}

static int change(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    struct sg_arena *a = x->q->arena;
    const struct sg_record *body = &sg_artist_change_record;
    int rc = hold(tx, x, e);
    if (!rc)
        rc = sg_artist_row(tx, a, x->artist_id, &x->artist, &x->version, e);
    if (rc || !sg_part_lay(body, &x->change, x->seen, &x->artist))
        return rc;
    rc = sg_artist_update(tx, a, &x->artist, e);
    if (!rc && sg_part_has(body, x->seen, "aliases"))
        rc = sg_aliases_put(tx, a, SG_ARTIST, x->artist_id, &x->artist.aliases, e);
    return rc ? rc : sg_artist_row(tx, a, x->artist_id, &x->artist, &x->version, e);
}

static int delete (struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    int rc = hold(tx, x, e);
    return rc ? rc : sg_artist_delete(tx, x->q->arena, x->artist_id, e);
}

/* Songs that name it are read anew. */
static void forget(struct sg_api *api, uint64_t artist_id)
{
    sg_cache_forgetf(api->cache, "artist:%llu", (unsigned long long)artist_id);
}

static void answer(struct edit *x, struct sg_http_response *r)
{
    sg_api_answer(r, &sg_artist_edit_record, &x->artist);
    sg_etag_put(x->q, r, x->version);
}

void sg_api_artist_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q};
    int rc = sg_record_from_json(&sg_new_artist_record, q->body, q->arena, &x.change, &e);
    if (!rc)
        rc = check_body(q->arena, &x.change, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, create, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    answer(&x, r);
    sg_http_header(
        r, "Location",
        sg_arena_printf(q->arena, "/api/v1/artists/%llu", (unsigned long long)x.artist_id));
}

void sg_api_artist_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .artist_id = sg_route_id(q, 0)};
    int rc = sg_record_from_json_part(&sg_artist_change_record, q->body, q->arena, &x.change,
                                      &x.seen, &e);
    if (!rc && sg_part_has(&sg_artist_change_record, x.seen, "name") && !x.change.name.p)
        rc = sg_fail_field(&e, "name", "name: cannot be cleared");
    if (!rc)
        rc = check_body(q->arena, &x.change, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, change, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    forget(api, x.artist_id);
    answer(&x, r);
}

void sg_api_artist_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .artist_id = sg_route_id(q, 0)};
    if (sg_db_transact(api->db, q, delete, &x, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    forget(api, x.artist_id);
    r->status = 204;
}
