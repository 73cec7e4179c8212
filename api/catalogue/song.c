/* song.c - songs made, changed and deleted by their artist or an admin. */
#include "api/api.h"
#include "api/catalogue/check.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/extras.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/part.h"
#include "api/catalogue/read.h"
#include "api/catalogue/rows.h"
#include "api/catalogue/song_rows.h"
#include "core/title.h"

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

static int check_body(struct sg_arena *a, void *wanted, struct sg_error *e)
{
    struct sg_song_edit *s = wanted;
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

static int put_extras(struct sg_db_tx *tx, struct sg_edit *x, bool credits, bool markets,
                      bool aliases, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_song_edit *song = x->thing;
    int rc = credits ? sg_song_credit(tx, a, song, e) : 0;
    if (!rc && markets)
        rc = sg_markets_put(tx, a, SG_SONG, x->id, &song->markets, song->markets_excluded,
                            x->q->caller.user_id, e);
    if (!rc && aliases)
        rc = sg_aliases_put(tx, a, SG_SONG, x->id, &song->aliases, e);
    return rc ? rc : sg_song_row(tx, a, x->id, song, &x->version, e);
}

static int create(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_song_edit *song = x->thing;
    struct sg_song_refs refs;
    int rc = sg_artist_hold(tx, x->q, song->artist_id, e);
    if (!rc)
        rc = order_credits(a, song, e);
    if (!rc)
        rc = sg_song_refer(tx, a, song, true, &refs, e);
    if (!rc)
        rc = sg_song_insert(tx, a, song, &refs, e);
    x->id = song->song_id;
    return rc ? rc : put_extras(tx, x, true, song->markets.n, song->aliases.n, e);
}

static int update(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_song_edit *song = x->thing, wanted = *(const struct sg_song_edit *)x->wanted;
    struct sg_song_refs refs;
    int rc = sg_song_row(tx, a, x->id, song, &x->version, e);
    if (rc)
        return rc;
    bool credits = sg_edit_has(x, "credits");
    uint64_t album_id = song->album_id;
    wanted.artist_id = song->artist_id;
    rc = credits ? order_credits(a, &wanted, e) : 0;
    if (!rc)
        rc = order_credits(a, song, e); /* in the same form, to be compared */
    if (rc || !sg_part_lay(x->kind->change, &wanted, x->seen, song))
        return rc ? rc : sg_song_row(tx, a, x->id, song, &x->version, e);
    bool markets = sg_edit_has(x, "markets") || sg_edit_has(x, "markets_excluded");
    rc = sg_song_refer(tx, a, song, song->album_id != album_id, &refs, e);
    if (!rc)
        rc = sg_song_update(tx, a, song, &refs, e);
    return rc ? rc : put_extras(tx, x, credits, markets, sg_edit_has(x, "aliases"), e);
}

static int remove_it(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    return sg_song_delete(tx, x->q->arena, x->id, e);
}

static const struct sg_edit_kind song_kind = {.what = "song",
                                              .path = "/api/v1/songs/",
                                              .name = "title",
                                              .made = &sg_new_song_record,
                                              .change = &sg_song_change_record,
                                              .thing = &sg_song_edit_record,
                                              .check = check_body,
                                              .lock = sg_song_lock,
                                              .create = create,
                                              .update = update,
                                              .remove = remove_it,
                                              .forget = sg_song_forget};

void sg_api_song_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_create(api, q, r, &song_kind);
}

void sg_api_song_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_change(api, q, r, &song_kind);
}

void sg_api_song_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_remove(api, q, r, &song_kind, false);
}
