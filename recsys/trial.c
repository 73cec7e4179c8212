/* trial.c - see trial.h. */
#include "recsys/trial.h"
#include "core/clock.h"
#include "core/log.h"
#include "recsys/random.h"
#include "recsys/rank/rank.h"

#include <stdatomic.h>

#define WARN_EVERY_US 60000000

enum { TRIED_FROM = 6, TRIED_MAX = 20 }; /* a list so long has a place; songs to choose from */

static const struct sg_str surface = {"recommendations", sizeof "recommendations" - 1};

static uint64_t seed_of(const struct sg_answering *x)
{
    return sg_random((uint64_t)x->occasion.now_us, x->in->user_id);
}

static void warn(const struct sg_assignment *a, const struct sg_error *e)
{
    static _Atomic int64_t last;
    int64_t now = sg_now_us(), before = last;
    if ((!before || now - before > WARN_EVERY_US) &&
        atomic_compare_exchange_strong(&last, &before, now))
        sg_log(SG_LOG_WARN, "an experiment does not take place", "experiment=%.*s why=%s",
               SG_FMT(a->experiment), e->text);
}

/* As compose, with the variant's weights. */
static int compose_as(struct sg_answering *x, struct sg_str settings,
                      const struct sg_compose_options *c, struct sg_recommendation *out,
                      struct sg_error *e)
{
    float *weights = sg_arena_array(x->call->arena, SG_RANK_FEATURES, sizeof *weights);
    int rc = weights ? sg_rank_settings(settings, weights, e) : sg_fail(e, SG_ENOMEM, "trial");
    if (rc)
        return rc;
    x->occasion.weights = weights;
    return sg_compose_for_person(&x->occasion, c, out, e);
}

static void note(const struct sg_answering *x, struct sg_str experiment, struct sg_str variant,
                 const struct sg_recommendation *v, size_t n, const unsigned char *teams)
{
    uint64_t songs[SG_EXPOSED_MAX];
    size_t shown = n < SG_EXPOSED_MAX ? n : SG_EXPOSED_MAX;
    for (size_t i = 0; i < shown; i++)
        songs[i] = v[i].song_id;
    struct sg_exposure p = {x->in->user_id, experiment, variant, surface, songs, shown, teams};
    if (shown)
        sg_experiments_expose(x->a->experiments, &p, NULL);
}

static const struct sg_recommendation *find(const struct sg_recommendation *v, size_t n,
                                            uint64_t song_id)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].song_id == song_id)
            return &v[i];
    return NULL;
}

/* explain shows the weights of the second: those of the last composition. */
static int interleave(struct sg_answering *x, const struct sg_assignment *a,
                      const struct sg_compose_options *c, struct sg_recommendation *out,
                      struct sg_error *e)
{
    struct sg_recommendation *v[2];
    uint64_t ids[2][SG_COMPOSE_MAX], mixed[SG_COMPOSE_MAX];
    unsigned char teams[SG_COMPOSE_MAX];
    int n[2];
    for (int k = 0; k < 2; k++) {
        v[k] = sg_arena_array(x->call->arena, c->limit, sizeof *v[k]);
        if (!v[k])
            return sg_fail(e, SG_ENOMEM, "trial");
        n[k] = compose_as(x, k ? a->other.settings : a->variant.settings, c, v[k], e);
        if (n[k] < 0)
            return n[k];
        for (int i = 0; i < n[k]; i++)
            ids[k][i] = v[k][i].song_id;
    }
    size_t made = sg_interleave(ids[0], (size_t)n[0], ids[1], (size_t)n[1], seed_of(x), mixed,
                                teams, c->limit);
    for (size_t i = 0; i < made; i++) {
        int k = teams[i];
        out[i] = *find(v[k], (size_t)n[k], mixed[i]);
    }
    note(x, a->experiment, SG_STR(""), out, made, teams);
    return (int)made;
}

static uint64_t artist_of(const struct sg_answering *x, uint64_t song_id)
{
    const struct sg_song_row *row = sg_songs_find(x->model->songs, song_id);
    return row ? row->artist_id : 0;
}

/* Neither in the list nor by an artist who is. */
static bool is_elsewhere(const struct sg_answering *x, const struct sg_recommendation *v, size_t n,
                         uint64_t song_id)
{
    uint64_t artist = artist_of(x, song_id);
    for (size_t i = 0; i < n; i++)
        if (v[i].song_id == song_id || artist_of(x, v[i].song_id) == artist)
            return true;
    return false;
}

/* Two thirds down, in place of what is there: one of the new songs that suit. */
static void try_new(struct sg_answering *x, struct sg_recommendation *v, size_t n)
{
    struct sg_compose_options c = {.limit = TRIED_MAX};
    struct sg_recommendation found[TRIED_MAX];
    uint64_t ids[TRIED_MAX];
    size_t kept = 0, at = 2 * n / 3;
    if (n < TRIED_FROM)
        return;
    int k = sg_compose_new(&x->occasion, &c, found, NULL);
    for (int i = 0; i < k; i++)
        if (!is_elsewhere(x, v, n, found[i].song_id)) {
            found[kept] = found[i];
            ids[kept++] = found[i].song_id;
        }
    size_t pick = sg_experiments_explore(x->a->experiments, ids, kept, seed_of(x));
    if (pick >= kept)
        return;
    v[at] = found[pick];
    note(x, SG_STR(SG_EXPLORE), SG_STR(""), &v[at], 1, NULL);
}

int sg_trial_for_person(struct sg_answering *x, const struct sg_compose_options *c,
                        struct sg_recommendation *out, struct sg_error *e)
{
    struct sg_experiments *experiments = x->in->user_id ? x->a->experiments : NULL;
    struct sg_error bad = SG_ERROR_INIT;
    struct sg_assignment a;
    int n = SG_ENOENT;
    if (experiments &&
        sg_experiments_assign(experiments, surface, x->in->user_id, x->call->arena, &a)) {
        n = a.kind == SG_EXPERIMENT_INTERLEAVE ? interleave(x, &a, c, out, &bad)
                                               : compose_as(x, a.variant.settings, c, out, &bad);
        if (n < 0)
            warn(&a, &bad);
        else if (a.kind == SG_EXPERIMENT_AB)
            note(x, a.experiment, a.variant.name, out, (size_t)n, NULL);
    }
    if (n < 0) {
        x->occasion.weights = NULL;
        n = sg_compose_for_person(&x->occasion, c, out, e);
    }
    if (n > 0 && experiments && x->a->config->recsys.explore)
        try_new(x, out, (size_t)n);
    return n;
}
