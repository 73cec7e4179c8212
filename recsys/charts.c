/* charts.c - see charts.h. A few charts are kept; the one looked up the longest ago leaves. */
#include "recsys/charts.h"
#include "core/clock.h"
#include <pthread.h>
#include <stdlib.h>

enum { KEPT = 64, FRESH_US = 1000000 };

struct chart {
    bool used;
    unsigned region;
    uint64_t genre_id;
    int64_t at_us; /* sg_now_us when looked up */
    size_t n;
    struct sg_trend v[SG_CHART_MAX];
};
struct sg_charts {
    struct sg_charts_source source;
    pthread_mutex_t lock;
    struct chart kept[KEPT];
};

int sg_charts_open(struct sg_charts **out, const struct sg_charts_source *source,
                   struct sg_error *e)
{
    struct sg_charts *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "charts");
    c->source = *source;
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return 0;
}

void sg_charts_close(struct sg_charts *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

struct of_genre {
    const struct sg_model *model;
    uint64_t genre_id;
};

static bool is_of_genre(void *ctx, uint64_t song_id)
{
    const struct of_genre *g = ctx;
    const struct sg_song_row *row = g->model ? sg_songs_find(g->model->songs, song_id) : NULL;
    return row && row->genre_id == g->genre_id;
}

static void look_up(struct sg_charts *c, const struct sg_model *m, struct chart *chart)
{
    struct of_genre filter = {m, chart->genre_id};
    struct sg_trends *t = c->source.take(c->source.ctx);
    chart->n =
        t ? sg_trends_top(t, chart->region, sg_wall_us(), chart->genre_id ? is_of_genre : NULL,
                          &filter, chart->v, SG_CHART_MAX)
          : 0;
    c->source.give(c->source.ctx);
}

/* The chart's place, or the one to be given up for it. Under the lock. */
static struct chart *place_of(struct sg_charts *c, unsigned region, uint64_t genre_id)
{
    struct chart *oldest = &c->kept[0];
    for (size_t i = 0; i < KEPT; i++) {
        struct chart *k = &c->kept[i];
        if (k->used && k->region == region && k->genre_id == genre_id)
            return k;
        if (!k->used || (oldest->used && k->at_us < oldest->at_us))
            oldest = k;
    }
    *oldest = (struct chart){.region = region, .genre_id = genre_id, .at_us = INT64_MIN / 2};
    return oldest;
}

static size_t copy(const struct chart *chart, struct sg_trend *out, size_t cap)
{
    size_t n = chart->n < cap ? chart->n : cap;
    memcpy(out, chart->v, n * sizeof *out);
    return n;
}

size_t sg_charts_top(struct sg_charts *c, const struct sg_model *m, unsigned region,
                     uint64_t genre_id, struct sg_trend *out, size_t cap)
{
    int64_t now = sg_now_us();
    pthread_mutex_lock(&c->lock);
    struct chart *chart = place_of(c, region, genre_id);
    bool old = now - chart->at_us > FRESH_US;
    size_t n = old && !chart->used ? 0 : copy(chart, out, cap);
    if (old && chart->used)
        chart->at_us = now; /* others answer with what there is meanwhile */
    pthread_mutex_unlock(&c->lock);
    if (!old)
        return n;
    struct chart *fresh = malloc(sizeof *fresh);
    if (!fresh)
        return n;
    *fresh = (struct chart){true, region, genre_id, now, 0, {{0}}};
    look_up(c, m, fresh);
    pthread_mutex_lock(&c->lock);
    *place_of(c, region, genre_id) = *fresh;
    pthread_mutex_unlock(&c->lock);
    n = copy(fresh, out, cap);
    free(fresh);
    return n;
}
