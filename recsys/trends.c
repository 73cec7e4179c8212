/* trends.c - see trends.h. An open-addressing table of (song, region) -> weight. */
#include "recsys/trends.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct counter {
    uint64_t song_id; /* 0: free */
    uint32_t region;
    double weight;
};

struct sg_trends {
    pthread_mutex_t lock;
    double half_life_us;
    int64_t origin_us; /* weights are in plays at this time */
    struct counter *v;
    size_t n, cap; /* cap a power of two */
};

static const double exponent_max = 600; /* 2^600 leaves a double room for sums */

int sg_trends_new(struct sg_trends **out, double half_life_s, struct sg_error *e)
{
    struct sg_trends *t = calloc(1, sizeof *t);
    if (t)
        t->v = calloc(1024, sizeof *t->v);
    if (!t || !t->v) {
        free(t);
        return sg_fail(e, SG_ENOMEM, "trends");
    }
    t->cap = 1024;
    t->half_life_us = half_life_s * 1e6;
    pthread_mutex_init(&t->lock, NULL);
    *out = t;
    return 0;
}

void sg_trends_free(struct sg_trends *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->v);
    free(t);
}

unsigned sg_region(struct sg_str code)
{
    if (code.n != 2)
        return 0;
    unsigned a = (unsigned)((code.p[0] | 32) - 'a'), b = (unsigned)((code.p[1] | 32) - 'a');
    return a < 26 && b < 26 ? 1 + a * 26 + b : 0;
}

static struct counter *find(struct counter *v, size_t cap, uint64_t song_id, uint32_t region)
{
    uint64_t h = (song_id * 677 + region) * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(h >> 20) & (cap - 1);
    while (v[i].song_id && (v[i].song_id != song_id || v[i].region != region))
        i = (i + 1) & (cap - 1);
    return &v[i];
}

/* A new table of twice the room when needed; what has decayed to nothing is left behind. */
static int make_room(struct sg_trends *t, struct sg_error *e)
{
    if (t->n * 4 < t->cap * 3)
        return 0;
    struct counter *v = calloc(t->cap * 2, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "trends: %zu counters", t->cap * 2);
    for (size_t i = 0; i < t->cap; i++)
        if (t->v[i].song_id)
            *find(v, t->cap * 2, t->v[i].song_id, t->v[i].region) = t->v[i];
    free(t->v);
    t->v = v;
    t->cap *= 2;
    return 0;
}

static void move_origin(struct sg_trends *t, int64_t to_us)
{
    double by = exp2((double)(t->origin_us - to_us) / t->half_life_us);
    for (size_t i = 0; i < t->cap; i++)
        t->v[i].weight *= by;
    t->origin_us = to_us;
}

static void add(struct sg_trends *t, uint64_t song_id, uint32_t region, double weight)
{
    struct counter *c = find(t->v, t->cap, song_id, region);
    if (!c->song_id) {
        *c = (struct counter){.song_id = song_id, .region = region};
        t->n++;
    }
    c->weight += weight;
}

int sg_trends_play(struct sg_trends *t, uint64_t song_id, unsigned region, int64_t at_us,
                   struct sg_error *e)
{
    if (song_id == 0)
        return 0;
    pthread_mutex_lock(&t->lock);
    if (t->n == 0)
        t->origin_us = at_us;
    double exponent = (double)(at_us - t->origin_us) / t->half_life_us;
    if (exponent > exponent_max) {
        move_origin(t, at_us);
        exponent = 0;
    }
    int rc = make_room(t, e);
    if (!rc) {
        add(t, song_id, 0, exp2(exponent));
        if (region)
            add(t, song_id, region, exp2(exponent));
    }
    pthread_mutex_unlock(&t->lock);
    return rc;
}

size_t sg_trends_count(struct sg_trends *t)
{
    pthread_mutex_lock(&t->lock);
    size_t n = t->n;
    pthread_mutex_unlock(&t->lock);
    return n;
}

static bool before(const struct sg_trend *a, const struct sg_trend *b)
{
    return a->plays > b->plays || (a->plays == b->plays && a->song_id < b->song_id);
}

/* Insertion into the best k so far; most counters fail the first comparison. */
static size_t offer(struct sg_trend *out, size_t n, size_t k, struct sg_trend x)
{
    if (n == k && !before(&x, &out[k - 1]))
        return n;
    size_t i = n < k ? n++ : k - 1;
    for (; i > 0 && before(&x, &out[i - 1]); i--)
        out[i] = out[i - 1];
    out[i] = x;
    return n;
}

size_t sg_trends_top(struct sg_trends *t, unsigned region, int64_t now_us,
                     bool (*keep)(void *ctx, uint64_t song_id), void *ctx, struct sg_trend *out,
                     size_t k)
{
    size_t n = 0;
    if (!k)
        return 0;
    pthread_mutex_lock(&t->lock);
    double scale = exp2((double)(t->origin_us - now_us) / t->half_life_us);
    for (size_t i = 0; i < t->cap; i++) {
        const struct counter *c = &t->v[i];
        struct sg_trend x = {c->song_id, c->weight * scale};
        if (!c->song_id || c->region != region || x.plays < 0.001)
            continue;
        if ((n < k || before(&x, &out[k - 1])) && (!keep || keep(ctx, c->song_id)))
            n = offer(out, n, k, x);
    }
    pthread_mutex_unlock(&t->lock);
    return n;
}
