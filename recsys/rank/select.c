/* select.c - see select.h. */
#include "recsys/rank/select.h"
#include "recsys/dot.h"
#include <math.h>
#include <stdlib.h>

enum { ALIKE_BY_ARTIST = 4 /* tenths */ };

struct selection {
    const struct sg_gather *g;
    const struct sg_select_options *s;
    struct sg_candidate *out;
    size_t n;
    bool *taken;      /* of the pool's candidates */
    float *alike;     /* to the nearest selected one */
    uint64_t *artist; /* of the first looked_at */
    float *vectors;   /* unit, of the first looked_at; rows of d */
    const struct sg_dot *dot;
    size_t d, looked_at;
    float best;
};

static uint64_t artist_of(const struct selection *x, uint32_t song)
{
    return sg_songs_row(x->g->o->model->songs, song)->artist_id;
}

static bool artist_has_room(const struct selection *x, uint32_t song)
{
    uint64_t artist = artist_of(x, song);
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        n += artist_of(x, x->out[i].song) == artist;
    for (size_t i = x->n; i < x->s->n_spaced; i++)
        if (x->s->spaced[i - x->n] == artist)
            return false;
    return !x->s->per_artist || n < x->s->per_artist;
}

static bool is_selected(const struct selection *x, uint32_t song)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->out[i].song == song)
            return true;
    return false;
}

static int selection_open(struct selection *x, struct sg_error *e)
{
    const struct sg_pool *p = x->g->pool;
    const struct sg_content *c = x->g->o->model->content;
    struct sg_arena *a = x->g->o->arena;
    x->d = sg_content_dimensions(c) <= 128 ? sg_content_dimensions(c) : 0;
    x->looked_at = sg_select_reach(x->s->limit);
    if (x->looked_at > p->n_sorted)
        x->looked_at = p->n_sorted;
    x->taken = sg_arena_array(a, p->n + 1, sizeof *x->taken);
    x->alike = sg_arena_array(a, x->looked_at + 1, sizeof *x->alike);
    x->vectors = sg_arena_array(a, x->looked_at * x->d + 1, sizeof *x->vectors);
    x->artist = sg_arena_array(a, x->looked_at + 1, sizeof *x->artist);
    if (!x->artist || !x->taken || !x->alike || !x->vectors)
        return sg_fail(e, SG_ENOMEM, "selection");
    for (size_t i = 0; i < x->looked_at; i++)
        x->artist[i] = artist_of(x, p->v[i].song);
    for (size_t i = 0; i < x->looked_at && x->d; i++)
        (void)sg_content_add(c, p->v[i].song, 1, x->vectors + i * x->d);
    x->best = p->n && p->v[0].score > 0 ? p->v[0].score : 1;
    return 0;
}

static float likeness(const struct selection *x, size_t i, size_t k)
{
    const float *a = x->vectors + i * x->d, *b = x->vectors + k * x->d;
    float sum = x->dot->floats(a, b, x->d);
    float by_artist = x->artist[i] == x->artist[k] ? ALIKE_BY_ARTIST / 10.0f : 0;
    return by_artist + (1 - ALIKE_BY_ARTIST / 10.0f) * fmaxf(0, sum);
}

static void take(struct selection *x, size_t i)
{
    x->taken[i] = true;
    x->out[x->n++] = x->g->pool->v[i];
    if (i >= x->looked_at)
        return;
    for (size_t k = 0; k < x->looked_at; k++)
        if (!x->taken[k])
            x->alike[k] = fmaxf(x->alike[k], likeness(x, i, k));
}

/* The best by marginal relevance; SIZE_MAX: none has room. */
static size_t next(const struct selection *x)
{
    const struct sg_pool *p = x->g->pool;
    float most = -INFINITY;
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < x->looked_at; i++) {
        if (x->taken[i])
            continue;
        float worth =
            (1 - x->s->diversity) * p->v[i].score / x->best - x->s->diversity * x->alike[i];
        if (worth > most && artist_has_room(x, p->v[i].song)) {
            most = worth;
            at = i;
        }
    }
    return at;
}

static int best_first(const void *a, const void *b)
{
    const struct sg_candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->song > y->song) - (x->song < y->song);
}

static void take_rest(struct selection *x, bool any_artist)
{
    struct sg_pool *p = x->g->pool;
    if (x->n == x->s->limit)
        return;
    if (p->n_sorted < p->n) /* none of them is taken yet */
        qsort(p->v + p->n_sorted, p->n - p->n_sorted, sizeof *p->v, best_first);
    p->n_sorted = p->n;
    for (size_t i = 0; i < p->n && x->n < x->s->limit; i++)
        if (!x->taken[i] && (any_artist || artist_has_room(x, p->v[i].song)))
            take(x, i);
}

/* Beyond the pool: the most played songs that are allowed. */
static void fill(struct selection *x, struct sg_song_rows rows, bool any_artist)
{
    const struct sg_filter *f = x->g->pool->filter;
    float score = x->n ? x->out[x->n - 1].score : 0;
    for (size_t i = 0; i < rows.n && x->n < x->s->limit; i++) {
        if (!sg_filter_allows(f, rows.v[i]) || is_selected(x, rows.v[i]) ||
            (!any_artist && !artist_has_room(x, rows.v[i])))
            continue;
        score *= 0.999f;
        x->out[x->n++] = (struct sg_candidate){
            .song = rows.v[i], .sources = SG_FROM_POPULAR, .because = SG_NO_SONG, .score = score};
    }
}

int sg_select(const struct sg_gather *g, const struct sg_select_options *s,
              struct sg_candidate *out, struct sg_error *e)
{
    struct selection x = {.g = g, .s = s, .out = out, .dot = sg_dot()};
    const struct sg_songs *songs = g->o->model->songs;
    size_t at;
    int rc = selection_open(&x, e);
    if (rc)
        return rc;
    while (x.n < s->limit && (at = next(&x)) != SIZE_MAX)
        take(&x, at);
    for (int any_artist = 0; any_artist < 2; any_artist++) {
        take_rest(&x, any_artist);
        if (s->fill_genre)
            fill(&x, sg_songs_of_genre(songs, s->fill_genre), any_artist);
        fill(&x, sg_songs_by_plays(songs), any_artist);
    }
    return (int)x.n;
}
