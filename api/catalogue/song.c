/* song.c - songs made, changed and deleted by their artist or an admin. */
#include "api/api.h"
#include "api/catalogue/check.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/part.h"
#include "api/catalogue/read.h"
#include "api/catalogue/rights.h"
#include "api/catalogue/rows.h"
#include "api/catalogue/song_rows.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/title.h"

struct edit {
    struct sg_http_request *q;
    uint64_t song_id;
    struct sg_song_edit change; /* of the body */
    uint64_t seen;              /* fields that the body has */
    struct sg_song_edit song;   /* as it is in the end */
    uint64_t version;
};

/* The lead artist first, whether or not the body told her; roles filled in, names not known. */
static int order_credits(struct sg_arena *a, struct sg_song_edit *song, struct sg_error *e)
{
    const struct sg_credit_edit *told = song->credits.v;
    bool leads = song->credits.n && told[0].artist_id == song->artist_id;
    size_t n = song->credits.n + !leads;
    struct sg_credit_edit *all = sg_arena_array(a, n, sizeof *all);
    if (!all)
        return sg_fail(e, SG_ENOMEM, "credits");
    if (n > SG_CREDITS_MAX)
        return sg_fail_field(e, "credits", "credits: at most %d are allowed", SG_CREDITS_MAX);
    all[0].artist_id = song->artist_id;
    if (song->credits.n)
        memcpy(all + !leads, told, song->credits.n * sizeof *told);
    for (size_t i = 0; i < n; i++) {
        all[i].name = SG_STR_NONE;
        if (!all[i].role.p)
            all[i].role = SG_STR("main");
        for (size_t j = 0; j < i; j++)
            if (all[i].artist_id == all[j].artist_id && sg_str_eq(all[i].role, all[j].role))
                return sg_fail_field(e, "credits", "credits: %llu is there twice as %.*s",
                                     (unsigned long long)all[i].artist_id, SG_FMT(all[i].role));
    }
    song->credits = (struct sg_list){all, n};
    return 0;
}

/* What the body says, before it is laid over anything: an old value that would not pass today
 * does not stand in the way of a change of another. */
static int check_body(struct sg_arena *a, struct sg_song_edit *s, struct sg_error *e)
{
    int rc = s->title.p ? sg_title(a, "title", s->title, SG_NAME_LONGEST, &s->title, e) : 0;
    if (!rc && s->genre.p)
        rc = sg_title(a, "genre", s->genre, 100, &s->genre, e);
    if (!rc && s->duration > SG_DURATION_MAX)
        rc = sg_fail_field(e, "duration", "duration: at most %d seconds", SG_DURATION_MAX);
    if (!rc)
        rc = sg_check_date("release_date", s->release_date, e);
    if (!rc)
        rc = sg_check_isrc(a, &s->isrc, e);
    if (!rc)
        rc = sg_check_markets(&s->markets, e);
    return rc ? rc : sg_check_aliases(a, &s->aliases, e);
}

static int put_extras(struct sg_db_tx *tx, struct edit *x, bool credits, bool markets, bool aliases,
                      struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    int rc = credits ? sg_song_credit(tx, a, &x->song, e) : 0;
    if (!rc && markets)
        rc = sg_markets_put(tx, a, SG_SONG, x->song.song_id, &x->song.markets,
                            x->song.markets_excluded, x->q->caller.user_id, e);
    if (!rc && aliases)
        rc = sg_aliases_put(tx, a, SG_SONG, x->song.song_id, &x->song.aliases, e);
    return rc;
}

static int create(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    struct sg_arena *a = x->q->arena;
    struct sg_song_refs refs;
    x->song = x->change;
    int rc = sg_artist_hold(tx, x->q, x->song.artist_id, e);
    if (!rc)
        rc = order_credits(a, &x->song, e);
    if (!rc)
        rc = sg_song_refer(tx, a, &x->song, true, &refs, e);
    if (!rc)
        rc = sg_song_insert(tx, a, &x->song, &refs, e);
    if (!rc)
        rc = put_extras(tx, x, true, x->song.markets.n, x->song.aliases.n, e);
    return rc ? rc : sg_song_row(tx, a, x->song.song_id, &x->song, &x->version, e);
}

/* Locked, allowed, and the version that the caller means. */
static int hold(struct sg_db_tx *tx, struct edit *x, struct sg_error *e)
{
    struct sg_song_head head;
    int rc = sg_song_lock(tx, x->q->arena, x->song_id, &head, e);
    if (!rc)
        rc = sg_catalogue_edit_check(x->q, head.owner, head.hidden, "song", x->song_id, e);
    return rc ? rc : sg_etag_check(x->q, head.version, e);
}

static int change(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    struct sg_arena *a = x->q->arena;
    const struct sg_record *body = &sg_song_change_record;
    struct sg_song_refs refs;
    struct sg_song_edit wanted = x->change;
    int rc = hold(tx, x, e);
    if (!rc)
        rc = sg_song_row(tx, a, x->song_id, &x->song, &x->version, e);
    if (rc)
        return rc;
    bool credits = sg_part_has(body, x->seen, "credits");
    uint64_t album_id = x->song.album_id;
    wanted.artist_id = x->song.artist_id;
    rc = credits ? order_credits(a, &wanted, e) : 0;
    if (!rc)
        rc = order_credits(a, &x->song, e); /* in the same form, to be compared */
    if (rc || !sg_part_lay(body, &wanted, x->seen, &x->song))
        return rc ? rc : sg_song_row(tx, a, x->song_id, &x->song, &x->version, e);
    bool markets =
        sg_part_has(body, x->seen, "markets") || sg_part_has(body, x->seen, "markets_excluded");
    rc = sg_song_refer(tx, a, &x->song, x->song.album_id != album_id, &refs, e);
    if (!rc)
        rc = sg_song_update(tx, a, &x->song, &refs, e);
    if (!rc)
        rc = put_extras(tx, x, credits, markets, sg_part_has(body, x->seen, "aliases"), e);
    return rc ? rc : sg_song_row(tx, a, x->song_id, &x->song, &x->version, e);
}

static int delete (struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct edit *x = ctx;
    int rc = hold(tx, x, e);
    return rc ? rc : sg_song_delete(tx, x->q->arena, x->song_id, e);
}

static void answer(struct edit *x, struct sg_http_response *r)
{
    sg_api_answer(r, &sg_song_edit_record, &x->song);
    sg_etag_put(x->q, r, x->version);
}

void sg_api_song_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q};
    int rc = sg_record_from_json(&sg_new_song_record, q->body, q->arena, &x.change, &e);
    if (!rc)
        rc = check_body(q->arena, &x.change, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, create, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_song_forget(api, x.song.song_id); /* somebody may have asked for the id before */
    answer(&x, r);
    sg_http_header(
        r, "Location",
        sg_arena_printf(q->arena, "/api/v1/songs/%llu", (unsigned long long)x.song.song_id));
}

void sg_api_song_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .song_id = sg_route_id(q, 0)};
    int rc =
        sg_record_from_json_part(&sg_song_change_record, q->body, q->arena, &x.change, &x.seen, &e);
    if (!rc && sg_part_has(&sg_song_change_record, x.seen, "title") && !x.change.title.p)
        rc = sg_fail_field(&e, "title", "title: cannot be cleared");
    if (!rc)
        rc = check_body(q->arena, &x.change, &e);
    if (!rc)
        rc = sg_db_transact(api->db, q, change, &x, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_song_forget(api, x.song_id);
    answer(&x, r);
}

void sg_api_song_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct edit x = {.q = q, .song_id = sg_route_id(q, 0)};
    if (sg_db_transact(api->db, q, delete, &x, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    sg_song_forget(api, x.song_id);
    r->status = 204;
}
