/* input.c - see input.h: users' plays, and who is of the panel. */
#include "recsys/train/input.h"
#include "core/clock.h"
#include "recsys/train/catalogue.h"
#include "recsys/train/sound.h"
#include "recsys/weigh.h"
#include <math.h>
#include <stdlib.h>

enum { PANEL_WANTED = 400, PANEL_PERCENT_MAX = 10 };

static const char plays_sql[] = "SELECT user_id, song_id, coalesce(played_s, -1), extract(epoch "
                                "FROM played_at)::bigint, source "
                                "FROM listening_history";

static const char feedback_sql[] = "SELECT user_id, target_id, verdict FROM feedback "
                                   "WHERE target_kind = 'song'";

struct reading {
    struct sg_train_input *out;
    struct sg_interactions_builder *plays;
    size_t panel_cap;
    int64_t now_us;
    double half_life_days;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
bool sg_panel_has(uint64_t user, uint64_t below)
{
    uint64_t x = user + 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (x ^ (x >> 31)) < below;
}

static int add_to_panel(struct reading *r, struct sg_panel_play p, struct sg_error *e)
{
    struct sg_train_input *t = r->out;
    if (t->n_panel == r->panel_cap) {
        size_t cap = r->panel_cap ? r->panel_cap * 2 : 1 << 12;
        struct sg_panel_play *v = realloc(t->panel, cap * sizeof *v);
        if (!v)
            return sg_fail(e, SG_ENOMEM, "panel of %zu plays", cap);
        t->panel = v;
        r->panel_cap = cap;
    }
    t->panel[t->n_panel++] = p;
    return 0;
}

static uint32_t row_of(const struct sg_train_input *t, uint64_t song_id)
{
    size_t lo = 0, hi = t->n_songs;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->songs[mid].song_id < song_id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < t->n_songs && t->songs[lo].song_id == song_id ? (uint32_t)lo : SG_NO_SONG;
}

/* A play of a song that is gone says nothing any more. */
static int take_play(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    uint64_t user, song_id;
    int64_t played_s = -1, at_s;
    if (n != 5 || !sg_str_to_u64(c[0], &user) || !sg_str_to_u64(c[1], &song_id) ||
        !sg_str_to_i64(c[3], &at_s))
        return sg_fail(e, SG_ECORRUPT, "a play has an unexpected form");
    (void)sg_str_to_i64(c[2], &played_s);
    uint32_t row = row_of(r->out, song_id);
    if (row == SG_NO_SONG)
        return 0;
    struct sg_play_facts facts = {played_s, r->out->songs[row].duration_s, c[4],
                                  r->now_us - at_s * 1000000};
    float weight = sg_play_weight(&facts, r->half_life_days);
    if (sg_panel_has(user, r->out->panel_below))
        return add_to_panel(r, (struct sg_panel_play){user, at_s * 1000000, row, weight}, e);
    return sg_interactions_add(r->plays, user, row, weight, e);
}

/* As much as some plays, or as skips. The panel's own is left aside. */
static int take_feedback(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    uint64_t user, song_id;
    if (n != 3 || !sg_str_to_u64(c[0], &user) || !sg_str_to_u64(c[1], &song_id))
        return sg_fail(e, SG_ECORRUPT, "feedback has an unexpected form");
    uint32_t row = row_of(r->out, song_id);
    if (row == SG_NO_SONG || sg_panel_has(user, r->out->panel_below))
        return 0;
    float weight = sg_str_eq(c[2], SG_STR("like"))      ? 2
                   : sg_str_eq(c[2], SG_STR("dislike")) ? -4
                                                        : -1;
    return sg_interactions_add(r->plays, user, row, weight, e);
}

static int by_user_and_time(const void *a, const void *b)
{
    const struct sg_panel_play *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return (x->song > y->song) - (x->song < y->song);
}

/* So that the panel has some hundreds of users, yet a tenth of all at most. */
static int set_panel(PGconn *c, struct sg_train_input *out, struct sg_error *e)
{
    PGresult *r;
    uint64_t users = 0;
    int rc = sg_pg_exec(c, "SELECT count(*) FROM users", 0, NULL, &r, e);
    if (rc)
        return rc;
    (void)sg_str_to_u64(sg_str(PQgetvalue(r, 0, 0)), &users);
    PQclear(r);
    double share =
        users ? fmin(PANEL_PERCENT_MAX / 100.0, (double)PANEL_WANTED / (double)users) : 0;
    out->panel_below = (uint64_t)(share * 0x1p63) * 2;
    return 0;
}

static int read_plays(PGconn *c, struct reading *r, struct sg_error *e)
{
    int rc = sg_interactions_begin(&r->plays, e);
    if (!rc)
        rc = sg_pg_copy_out(c, plays_sql, take_play, r, e);
    if (!rc)
        rc = sg_pg_copy_out(c, feedback_sql, take_feedback, r, e);
    if (rc) {
        sg_interactions_abort(r->plays);
        return rc;
    }
    rc = sg_interactions_finish(r->plays, &r->out->plays, e);
    if (!rc && r->out->n_panel)
        qsort(r->out->panel, r->out->n_panel, sizeof *r->out->panel, by_user_and_time);
    return rc;
}

int sg_train_input_read(const struct sg_config *config, struct sg_train_input *out,
                        struct sg_error *e)
{
    PGconn *c = NULL;
    struct reading r = {
        .out = out, .now_us = sg_wall_us(), .half_life_days = (double)config->recsys.decay_days};
    *out = (struct sg_train_input){0};
    int rc = sg_pg_connect(&c, config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_exec(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0, NULL, NULL, e);
    if (!rc)
        rc = sg_train_read_catalogue(c, out, e);
    if (!rc)
        rc = sg_train_read_sounds(c, out, e);
    if (!rc)
        rc = set_panel(c, out, e);
    if (!rc)
        rc = read_plays(c, &r, e);
    PQfinish(c);
    if (rc)
        sg_train_input_free(out);
    return rc;
}

void sg_train_input_free(struct sg_train_input *t)
{
    free(t->songs);
    free(t->credits);
    free(t->sets);
    free(t->sound);
    free(t->panel);
    sg_interactions_free(&t->plays);
    sg_own_factors_free(&t->own);
    *t = (struct sg_train_input){0};
}
