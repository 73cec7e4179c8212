/* blend.c - see blend.h. */
#include "recsys/blend.h"
#include "recsys/compose.h"
#include "recsys/dot.h"
#include "recsys/random.h"
#include <stdlib.h>

enum { OWN_SONGS = 150, FOUND = 150, CANDIDATES = 2 * (OWN_SONGS + FOUND) };

static const float by_model = 0.8f, /* of an affinity, when the song was never played */
    half_fond = 3,                  /* plays' worth that makes half a fondness */
    chance = 0.15f;                 /* by which the day moves an affinity */

struct side {
    struct sg_occasion o;
    struct sg_filter filter;
    struct sg_leaning taste;
    float best; /* inner product of the best candidate; 0: none */
};
struct candidate {
    uint32_t song;
    uint64_t song_id, artist_id;
    float affinity[2];
};
struct blend {
    struct side side[2];
    struct candidate *v;
    size_t n;
    uint64_t day;
};

static int open_side(struct side *s, const struct sg_occasion *o, struct sg_error *e)
{
    *s = (struct side){.o = *o};
    s->o.heard_days = 0;
    int rc = sg_filter_open(&s->filter, &s->o, e);
    return rc ? rc : sg_leaning_of_person(&s->o, &s->taste, e);
}

static void add(struct blend *b, uint32_t song)
{
    const struct sg_song_row *row = sg_songs_row(b->side[0].o.model->songs, song);
    if (!row || b->n == CANDIDATES || !sg_filter_allows(&b->side[0].filter, song) ||
        !sg_filter_allows(&b->side[1].filter, song))
        return;
    sg_filter_bar(&b->side[0].filter, song); /* once */
    b->v[b->n++] = (struct candidate){song, row->song_id, row->artist_id, {0}};
}

static int heaviest_first(const void *a, const void *b)
{
    const struct sg_basis *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return (x->song > y->song) - (x->song < y->song);
}

static int add_own(struct blend *b, const struct side *s, struct sg_error *e)
{
    struct sg_basis *v = sg_arena_array(s->o.arena, s->taste.n + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "blend");
    if (s->taste.n) {
        memcpy(v, s->taste.basis, s->taste.n * sizeof *v);
        qsort(v, s->taste.n, sizeof *v, heaviest_first);
    }
    for (size_t i = 0; i < s->taste.n && i < OWN_SONGS && v[i].weight > 0; i++)
        add(b, v[i].song);
    return 0;
}

static int add_found(struct blend *b, const struct side *s, struct sg_error *e)
{
    struct sg_compose_options c = {.limit = FOUND};
    struct sg_recommendation *v = sg_arena_array(s->o.arena, FOUND, sizeof *v);
    int n = v ? sg_compose_for_person(&s->o, &c, v, e) : sg_fail(e, SG_ENOMEM, "blend");
    for (int i = 0; i < n; i++)
        add(b, sg_songs_index(s->o.model->songs, v[i].song_id));
    return n < 0 ? n : 0;
}

static float fondness(const struct side *s, uint32_t song)
{
    for (size_t i = 0; i < s->taste.n; i++)
        if (s->taste.basis[i].song == song) {
            float w = s->taste.basis[i].weight;
            return w > 0 ? w / (w + half_fond) : 0;
        }
    return 0;
}

/* By the vector, else by description; 0 of somebody unknown. */
static float nearness(const struct side *s, uint32_t song)
{
    const struct sg_model *m = s->o.model;
    const float *row = sg_items_of(m->items, song);
    float near = 0;
    if (s->taste.vector && row)
        near = sg_dot()->floats(s->taste.vector, row, sg_items_factors(m->items));
    else if (!s->taste.vector && s->taste.content)
        near = sg_content_dot(m->content, s->taste.content, song);
    return near > 0 ? near : 0;
}

static void find_affinities(struct blend *b, int k)
{
    struct side *s = &b->side[k];
    for (size_t i = 0; i < b->n; i++) {
        b->v[i].affinity[k] = nearness(s, b->v[i].song);
        if (b->v[i].affinity[k] > s->best)
            s->best = b->v[i].affinity[k];
    }
    for (size_t i = 0; i < b->n; i++) {
        float fond = fondness(s, b->v[i].song);
        float near = s->best > 0 ? b->v[i].affinity[k] / s->best : 0;
        b->v[i].affinity[k] = fond + (1 - fond) * by_model * near;
    }
}

/* What the song adds when the two have got so much. */
static float gain_of(const struct blend *b, const struct candidate *c, const float got[2])
{
    float least = got[0] < got[1] ? got[0] : got[1];
    float one = got[0] + c->affinity[0], two = got[1] + c->affinity[1];
    float luck = chance * (float)sg_random_unit(b->day, c->song_id);
    return (one < two ? one : two) - least + (c->affinity[0] + c->affinity[1]) / 2 + luck;
}

static size_t of_artist(const struct candidate *v, size_t n, uint64_t artist_id)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        k += v[i].artist_id == artist_id;
    return k;
}

/* The chosen are swapped to the front of b->v. */
static int choose(struct blend *b, size_t limit, struct sg_blend_pick *out)
{
    float got[2] = {0, 0};
    size_t n = 0;
    while (n < limit && n < b->n) {
        size_t best = b->n;
        float most = -1;
        for (size_t i = n; i < b->n; i++) {
            float gain = gain_of(b, &b->v[i], got);
            if (gain > most && of_artist(b->v, n, b->v[i].artist_id) < SG_BLEND_PER_ARTIST) {
                most = gain;
                best = i;
            }
        }
        if (best == b->n)
            break;
        struct candidate c = b->v[best];
        b->v[best] = b->v[n];
        b->v[n] = c;
        got[0] += c.affinity[0];
        got[1] += c.affinity[1];
        out[n++] = (struct sg_blend_pick){c.song_id, c.affinity[0], c.affinity[1], most};
    }
    return (int)n;
}

int sg_blend_of(const struct sg_occasion *first, const struct sg_occasion *second, uint64_t day,
                size_t limit, struct sg_blend_pick *out, struct sg_error *e)
{
    struct blend b = {.day = day};
    b.v = sg_arena_array(first->arena, CANDIDATES, sizeof *b.v);
    int rc = b.v ? open_side(&b.side[0], first, e) : sg_fail(e, SG_ENOMEM, "blend");
    if (!rc)
        rc = open_side(&b.side[1], second, e);
    for (int k = 0; k < 2 && !rc; k++)
        rc = add_own(&b, &b.side[k], e);
    for (int k = 0; k < 2 && !rc; k++)
        rc = add_found(&b, &b.side[k], e);
    if (rc)
        return rc;
    find_affinities(&b, 0);
    find_affinities(&b, 1);
    return choose(&b, limit, out);
}
