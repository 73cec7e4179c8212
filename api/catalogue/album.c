/* album.c - albums made, changed and deleted by their artist or an admin. */
#include "api/cache/cache.h"
#include "api/catalogue/album_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/params.h"
#include "api/catalogue/part.h"
#include "api/problem.h"
#include "core/title.h"

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

static int put_extras(struct sg_db_tx *tx, struct sg_edit *x, bool markets, bool aliases,
                      struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_album_edit *album = x->thing;
    int rc = markets ? sg_markets_put(tx, a, SG_ALBUM, x->id, &album->markets,
                                      album->markets_excluded, x->q->caller.user_id, e)
                     : 0;
    if (!rc && aliases)
        rc = sg_aliases_put(tx, a, SG_ALBUM, x->id, &album->aliases, e);
    return rc ? rc : sg_album_row(tx, a, x->id, album, &x->version, e);
}

static int create(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_album_edit *album = x->thing;
    int rc = sg_artist_hold(tx, x->q, album->artist_id, e);
    if (!rc)
        rc = sg_album_insert(tx, x->q->arena, album, e);
    x->id = album->album_id;
    return rc ? rc : put_extras(tx, x, album->markets.n, album->aliases.n, e);
}

static int update(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_album_edit *album = x->thing;
    int rc = sg_album_row(tx, a, x->id, album, &x->version, e);
    struct sg_str before = album->release_date;
    if (rc || !sg_part_lay(x->kind->change, x->wanted, x->seen, album))
        return rc;
    rc = sg_album_update(tx, a, album, e);
    if (!rc)
        rc = sg_album_move(tx, a, x->id, before, album->release_date, e);
    bool markets = sg_edit_has(x, "markets") || sg_edit_has(x, "markets_excluded");
    return rc ? rc : put_extras(tx, x, markets, sg_edit_has(x, "aliases"), e);
}

static int remove_it(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    int rc = x->keep_songs ? sg_album_release(tx, a, x->id, e) : 0;
    return rc ? rc : sg_album_delete(tx, a, x->id, e);
}

/* Songs that name it are read anew. */
static void forget(struct sg_api *api, uint64_t album_id)
{
    sg_cache_forgetf(api->cache, "album:%llu", (unsigned long long)album_id);
}

static const struct sg_edit_kind album_kind = {.what = "album",
                                               .path = "/api/v1/albums/",
                                               .name = "title",
                                               .made = &sg_new_album_record,
                                               .change = &sg_album_change_record,
                                               .thing = &sg_album_edit_record,
                                               .check = check_body,
                                               .lock = sg_album_lock,
                                               .create = create,
                                               .update = update,
                                               .remove = remove_it,
                                               .forget = forget};

void sg_api_album_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_create(api, q, r, &album_kind);
}

void sg_api_album_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_change(api, q, r, &album_kind);
}

void sg_api_album_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_album_removal in;
    if (sg_params_read(q, sg_album_removal_params, &sg_album_removal_record, &in, &e))
        sg_problem(q, r, &e);
    else
        sg_edit_remove(api, q, r, &album_kind, sg_str_eq(in.songs, SG_STR("keep")));
}
