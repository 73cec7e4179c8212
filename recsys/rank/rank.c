/* rank.c - see rank.h. */
#include "recsys/rank/rank.h"
#include "recsys/dot.h"
#include <math.h>

const char *const sg_rank_names[SG_RANK_FEATURES] = {
    "taste", "near",    "content", "artist", "lately", "followed",
    "genre", "popular", "trend",   "fresh",  "hour",   "queue",
};
static const float weights[SG_RANK_FEATURES] = {
    [SG_RANK_TASTE] = 1.0f,  [SG_RANK_NEAR] = 1.0f,     [SG_RANK_CONTENT] = 0.3f,
    [SG_RANK_ARTIST] = 0.6f, [SG_RANK_LATELY] = 2.0f,   [SG_RANK_FOLLOWED] = 0.3f,
    [SG_RANK_GENRE] = 0.2f,  [SG_RANK_POPULAR] = 0.25f, [SG_RANK_TREND] = 0.2f,
    [SG_RANK_FRESH] = 0.1f,  [SG_RANK_HOUR] = 0.4f,     [SG_RANK_QUEUE] = 0.5f,
};

/* Where several listen, what most people know goes better than what is new. */
float sg_rank_weight(const struct sg_occasion *o, enum sg_rank_feature f)
{
    float weight = o->weights ? o->weights[f] : weights[f];
    if (o->device == SG_DEVICE_SHARED && f == SG_RANK_POPULAR)
        return 2 * weight;
    if (o->device == SG_DEVICE_SHARED && f == SG_RANK_FRESH)
        return 0;
    return weight;
}

static int set_weight(struct sg_str name, struct sg_str value, float out[SG_RANK_FEATURES],
                      struct sg_error *e)
{
    double v;
    int f = 0;
    while (f < SG_RANK_FEATURES && !sg_str_eq(name, sg_str(sg_rank_names[f])))
        f++;
    if (f == SG_RANK_FEATURES)
        return sg_fail(e, SG_EINVAL, "settings: '%.*s' is no feature of the ranker", SG_FMT(name));
    if (!sg_str_to_f64(value, &v) || !(v >= 0 && v <= 10))
        return sg_fail(e, SG_EINVAL, "settings: %.*s: expected a number from 0 to 10, got '%.*s'",
                       SG_FMT(name), SG_FMT(value));
    out[f] = (float)v;
    return 0;
}

int sg_rank_settings(struct sg_str settings, float out[SG_RANK_FEATURES], struct sg_error *e)
{
    float v[SG_RANK_FEATURES];
    int rc = 0;
    memcpy(v, weights, sizeof v);
    while (settings.n && !rc) {
        const char *space = memchr(settings.p, ' ', settings.n);
        struct sg_str word = {settings.p, space ? (size_t)(space - settings.p) : settings.n};
        const char *is = word.n ? memchr(word.p, '=', word.n) : NULL;
        size_t name = is ? (size_t)(is - word.p) : word.n;
        if (word.n)
            rc =
                set_weight((struct sg_str){word.p, name},
                           (struct sg_str){is ? is + 1 : word.p, is ? word.n - name - 1 : 0}, v, e);
        size_t taken = word.n + (space != NULL);
        settings = (struct sg_str){settings.p + taken, settings.n - taken};
    }
    if (!rc)
        memcpy(out, v, sizeof v);
    return rc;
}

enum sg_device sg_device_of(struct sg_str name)
{
    static const char *const shared[] = {"car", "speaker", "tv"};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (sg_str_eq(name, sg_str(shared[i])))
            return SG_DEVICE_SHARED;
    return SG_DEVICE_OWN;
}

struct ranking {
    const struct sg_occasion *o;
    const struct sg_leaning *t;
    float most_plays, most_trend; /* logarithms */
    float *queue;                 /* unit vector of the queue's descriptions; NULL */
};

/* Of a damaged file too. */
static float dot(const float *a, const float *b, size_t n)
{
    float sum = sg_dot()->floats(a, b, n);
    return isfinite(sum) ? sum : 0;
}

static int describe_queue(struct ranking *r, struct sg_error *e)
{
    const struct sg_content *c = r->o->model->content;
    size_t d = sg_content_dimensions(c), known = 0;
    float length;
    if (!r->o->queue.n || !d)
        return 0;
    float *v = sg_arena_array(r->o->arena, d, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "queue");
    for (size_t i = 0; i < r->o->queue.n; i++)
        known += sg_content_add(c, sg_songs_index(r->o->model->songs, r->o->queue.v[i]), 1, v);
    length = sqrtf(dot(v, v, d));
    for (size_t i = 0; i < d && length > 0; i++)
        v[i] /= length;
    r->queue = known && length > 0 ? v : NULL;
    return 0;
}

static float fresh(const struct sg_occasion *o, const struct sg_song_row *row)
{
    int64_t age = o->now_us / 86400000000ll - row->released;
    return row->released == SG_SONG_UNDATED || age < 0 ? 0 : exp2f(-(float)age / 30);
}

/* factors: the song's, or NULL. */
static void measure(const struct ranking *r, struct sg_candidate *c, const float *factors)
{
    const struct sg_model *m = r->o->model;
    const struct sg_song_row *row = sg_songs_row(m->songs, c->song);
    float artist = sg_share_of(&r->t->artists, row->artist_id);
    float genre = sg_share_of(&r->t->genres, row->genre_id);
    float *f = c->feature;
    if (!(c->sources & SG_FROM_VECTOR)) /* else it came with its score */
        f[SG_RANK_TASTE] = factors ? dot(r->t->vector, factors, sg_items_factors(m->items)) : 0;
    f[SG_RANK_NEAR] = c->near;
    if (r->t->content)
        f[SG_RANK_CONTENT] = fmaxf(0, sg_content_dot(m->content, r->t->content, c->song));
    f[SG_RANK_ARTIST] = artist / (artist + 3);
    f[SG_RANK_LATELY] = sg_share_of(&r->t->lately, row->artist_id);
    f[SG_RANK_FOLLOWED] = sg_ids_hold(r->o->person->lists[SG_PERSON_FOLLOWED], row->artist_id);
    f[SG_RANK_GENRE] = genre;
    f[SG_RANK_POPULAR] = logf(1 + (float)row->plays) / r->most_plays;
    f[SG_RANK_TREND] = logf(1 + c->trend) / r->most_trend;
    f[SG_RANK_FRESH] = fresh(r->o, row);
    if (r->t->hour.n)
        f[SG_RANK_HOUR] = sg_share_of(&r->t->hour, row->genre_id) - genre;
    if (r->queue)
        f[SG_RANK_QUEUE] = fmaxf(0, sg_content_dot(m->content, r->queue, c->song));
}

/* Divided by the best one's, so that it stands beside the others; below 0 stays. */
static void scale(struct sg_pool *p, enum sg_rank_feature f)
{
    float best = 0;
    for (size_t i = 0; i < p->n; i++)
        best = fmaxf(best, p->v[i].feature[f]);
    for (size_t i = 0; i < p->n && best > 0; i++)
        p->v[i].feature[f] = fmaxf(-1, p->v[i].feature[f] / best);
}

/* Up to a tenth of a point, the same for the same seed and song. */
static float chance(uint64_t seed, uint32_t song)
{
    uint64_t x = (seed ^ song) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
    return seed ? 0.1f * (float)(x >> 40) / (float)(1 << 24) : 0;
}

/* Factors and rows lie all over the memory: those needed soon are fetched meanwhile. */
static int measure_all(const struct ranking *r, struct sg_pool *p, struct sg_error *e)
{
    enum { AHEAD = 6, LINE = 64 };
    const struct sg_model *m = r->o->model;
    size_t d = sg_items_factors(m->items);
    const float **factors = sg_arena_array(r->o->arena, p->n + 1, sizeof *factors);
    if (!factors)
        return sg_fail(e, SG_ENOMEM, "ranking");
    for (size_t i = 0; i < p->n; i++)
        if (r->t->vector && !(p->v[i].sources & SG_FROM_VECTOR))
            factors[i] = sg_items_of(m->items, p->v[i].song);
    for (size_t i = 0; i < p->n; i++)
        sg_content_prefetch_place(m->content, p->v[i].song);
    for (size_t i = 0; i < p->n; i++) {
        if (i + AHEAD < p->n) {
            sg_content_prefetch(m->content, p->v[i + AHEAD].song);
            for (size_t f = 0; f < d && factors[i + AHEAD]; f += LINE / sizeof(float))
                __builtin_prefetch(factors[i + AHEAD] + f);
        }
        measure(r, &p->v[i], factors[i]);
    }
    return 0;
}

/* The best `top` first and in order, the others behind them as they come. */
static int put_best_first(const struct ranking *r, struct sg_pool *p, size_t top,
                          struct sg_error *e)
{
    struct sg_akin *best = sg_arena_array(r->o->arena, top + 1, sizeof *best);
    struct sg_candidate *v = sg_arena_array(r->o->arena, p->n + 1, sizeof *v);
    bool *moved = sg_arena_array(r->o->arena, p->n + 1, sizeof *moved);
    size_t n = 0;
    if (!best || !v || !moved)
        return sg_fail(e, SG_ENOMEM, "ranking");
    for (size_t i = 0; i < p->n; i++)
        sg_akin_offer(best, &n, top, (struct sg_akin){(uint32_t)i, p->v[i].score});
    sg_akin_sort(best, n);
    for (size_t i = 0; i < n; i++) {
        v[i] = p->v[best[i].doc];
        moved[best[i].doc] = true;
    }
    p->n_sorted = n;
    for (size_t i = 0; i < p->n; i++)
        if (!moved[i])
            v[n++] = p->v[i];
    p->v = v;
    return 0;
}

int sg_rank_candidates(const struct sg_occasion *o, const struct sg_leaning *t, struct sg_pool *p,
                       size_t top, struct sg_error *e)
{
    struct ranking r = {.o = o, .t = t};
    const struct sg_song_row *first = sg_songs_ranked(o->model->songs, 0);
    float trend = 0, weight[SG_RANK_FEATURES];
    int rc = describe_queue(&r, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->n; i++)
        trend = fmaxf(trend, p->v[i].trend);
    r.most_plays = fmaxf(1, logf(1 + (first ? (float)first->plays : 0)));
    r.most_trend = fmaxf(1, logf(1 + trend));
    for (int f = 0; f < SG_RANK_FEATURES; f++)
        weight[f] = sg_rank_weight(o, (enum sg_rank_feature)f);
    rc = measure_all(&r, p, e);
    if (rc)
        return rc;
    scale(p, SG_RANK_TASTE);
    scale(p, SG_RANK_NEAR);
    for (size_t i = 0; i < p->n; i++) {
        struct sg_candidate *c = &p->v[i];
        c->score = chance(o->seed, c->song);
        for (int f = 0; f < SG_RANK_FEATURES; f++)
            c->score += weight[f] * c->feature[f];
    }
    return put_best_first(&r, p, top, e);
}
