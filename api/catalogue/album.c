/* album.c - albums made, changed and deleted by their artist or an admin. */
#include "api/cache/cache.h"
#include "api/catalogue/album_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/params.h"
#include "api/catalogue/part.h"
#include "api/catalogue/rights.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/title.h"

struct edit {
    struct sg_http_request *q;
    uint64_t album_id;
    struct sg_album_edit change;
    uint64_t seen;
    struct sg_album_edit album; /* as it is in the end */
    uint64_t version;
    bool keep_songs; /* delete: they become singles */
};

static int check_body(struct sg_arena *a, struct sg_album_edit *l, struct sg_error *e)
{
    int rc = l->title.p ? sg_title(a, "title", l->title, SG_NAME_LONGEST, &l->title, e) : 0;
    if (!rc)
        rc = sg_check_date("release_date", l->release_date, e);
    if (!rc)
        rc = sg_check_upc(a, &l->upc, e);
    if (!rc)
        rc = sg_check_markets(&l->markets, e);
    return rc ? rc : sg_check_aliases(a, &l->aliases, e);
}

static int put_extras(struct sg_db_tx *tx, struct edit *x, bool markets, bool aliases,
                      struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    int rc = markets ? sg_markets_put(tx, a, SG_ALBUM, x->album_id, &x->album.markets,
                                      x->album.markets_excluded, x->q->caller.user_id, e)
                     : 0;
    if (!rc && aliases)
        rc = sg_aliases_put(tx, a, SG_ALBUM, x->album_id, &x->album.aliases, e);
    return rc ? rc : sg_album_row(tx, a, x->album_id, &x->album, &x->version, e);
}

static int create(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    x->album = x->change;
    int rc = sg_artist_hold(tx, x->q, x->album.artist_id, e);
    if (!rc)
        rc = sg_album_insert(tx, x->q->arena, &x->album, e);
    x->album_id = x->album.album_id;
    return rc ? rc : put_extras(tx, x, x->album.markets.n, x->album.aliases.n, e);
}

static int hold(struct sg_db_tx *tx, struct edit *x, struct sg_error *e)
{
    struct sg_album_head head;
    int rc = sg_album_lock(tx, x->q->arena, x->album_id, &head, e);
    if (!rc)
        rc = sg_catalogue_edit_check(x->q, head.owner, head.hidden, "album", x->album_id, e);
    return rc ? rc : sg_etag_check(x->q, head.version, e);
}

static int change(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    struct sg_arena *a = x->q->arena;
    const struct sg_record *body = &sg_album_change_record;
    int rc = hold(tx, x, e);
    if (!rc)
        rc = sg_album_row(tx, a, x->album_id, &x->album, &x->version, e);
    struct sg_str before = x->album.release_date;
    if (rc || !sg_part_lay(body, &x->change, x->seen, &x->album))
        return rc;
    rc = sg_album_update(tx, a, &x->album, e);
    if (!rc)
        rc = sg_album_move(tx, a, x->album_id, before, x->album.release_date, e);
    bool markets =
        sg_part_has(body, x->seen, "markets") || sg_part_has(body, x->seen, "markets_excluded");
    return rc ? rc : put_extras(tx, x, markets, sg_part_has(body, x->seen, "aliases"), e);
}

static int delete (struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    struct sg_arena *a = x->q->arena;
    int rc = hold(tx, x, e);
    if (!rc && x->keep_songs)
        rc = sg_album_release(tx, a, x->album_id, e);
    return rc ? rc : sg_album_delete(tx, a, x->album_id, e);
}

/* Songs that name it are read anew. */
static void forget(struct sg_api *api, uint64_t album_id)
{
    sg_cache_forgetf(api->cache, "album:%llu", (unsigned long long)album_id);
}

static void answer(struct edit *x, struct sg_http_response *r)
{
    sg_api_answer(r, &sg_album_edit_record, &x->album);
    sg_etag_put(x->q, r, x->version);
}

void sg_api_album_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q};
    int rc = sg_record_from_json(&sg_new_album_record, q->body, q->arena, &x.change, &e);
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
        sg_arena_printf(q->arena, "/api/v1/albums/%llu", (unsigned long long)x.album_id));
}

void sg_api_album_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .album_id = sg_route_id(q, 0)};
    int rc = sg_record_from_json_part(&sg_album_change_record, q->body, q->arena, &x.change,
                                      &x.seen, &e);
    if (!rc && sg_part_has(&sg_album_change_record, x.seen, "title") && !x.change.title.p)
        rc = sg_fail_field(&e, "title", "title: cannot be cleared");
    if (!rc)
        rc = check_body(q->arena, &x.change, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, change, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    forget(api, x.album_id);
    answer(&x, r);
}

void sg_api_album_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_album_removal in;
    struct edit x = {.q = q, .album_id = sg_route_id(q, 0)};
    int rc = sg_params_read(q, sg_album_removal_params, &sg_album_removal_record, &in, &e);
    x.keep_songs = !rc && sg_str_eq(in.songs, SG_STR("keep"));
    if (!rc)
        rc = sg_db_transact(api->db, q, delete, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    forget(api, x.album_id);
    r->status = 204;
}
