/* merge.c - see parts.h. Each rule picks the same whatever comes first. */
#include "api/plays/parts.h"
#include <xxhash.h>

size_t merge_places(size_t n)
{
    size_t places = 16;
    while (places < 2 * n)
        places *= 2;
    return places;
}

int merge_alloc(struct merged *m, size_t n, struct sg_arena *a, struct sg_error *e)
{
    m->v = sg_arena_array(a, n, sizeof *m->v);
    m->own = sg_arena_array(a, n, sizeof *m->own);
    m->placed_us = sg_arena_array(a, n, sizeof *m->placed_us);
    m->places = sg_arena_array(a, merge_places(n), sizeof *m->places);
    return m->v && m->own && m->placed_us && m->places ? 0
                                                       : sg_fail(e, SG_ENOMEM, "a batch of plays");
}

void merge_begin(struct merged *m, size_t n)
{
    memset(m->places, 0, merge_places(n) * sizeof *m->places);
    m->mask = merge_places(n) - 1;
    m->n = 0;
}

static bool same(const struct sg_play_event *a, const struct sg_play_event *b)
{
    return a->user_id == b->user_id && sg_str_eq(a->id, b->id);
}

static struct sg_str either(struct sg_str a, struct sg_str b)
{
    return !a.p || (b.p && sg_str_cmp(b, a) < 0) ? b : a;
}

static void more(int64_t *a, int64_t b)
{
    if (b > *a)
        *a = b;
}

/* Of the one told last, which knows best where the player is; at the same time, the further. */
static void put_position(struct sg_play_event *to, int64_t *placed_us,
                         const struct sg_play_event *x)
{
    if (x->position_s < 0 || (to->position_s >= 0 && x->told_us < *placed_us))
        return;
    if (to->position_s < 0 || x->told_us > *placed_us)
        to->position_s = x->position_s;
    else
        more(&to->position_s, x->position_s);
    *placed_us = x->told_us;
}

static void put(struct sg_play_event *to, const struct sg_play_event *x)
{
    bool better = x->begun != to->begun ? x->begun : x->at_us < to->at_us;
    if (x->begun == to->begun)
        to->source = either(to->source, x->source);
    else if (x->begun)
        to->source = x->source;
    if (better)
        to->at_us = x->at_us;
    to->begun |= x->begun;
    more(&to->told_us, x->told_us);
    more(&to->played_s, x->played_s);
    if (x->outcome && (!to->outcome || x->outcome < to->outcome))
        to->outcome = x->outcome;
    to->region = either(to->region, x->region);
    to->context = either(to->context, x->context);
    to->device = either(to->device, x->device);
}

/* A word of another song under the same id is not believed: the first stands. */
void merge_add(struct merged *m, const struct sg_play_event *x)
{
    size_t at = XXH3_64bits_withSeed(x->id.p, x->id.n, x->user_id) & m->mask;
    while (m->places[at] && !same(m->v[m->places[at] - 1], x))
        at = (at + 1) & m->mask;
    if (!m->places[at]) {
        m->v[m->n++] = x;
        m->places[at] = (uint32_t)m->n;
        return;
    }
    size_t i = m->places[at] - 1;
    if (m->v[i]->song_id != x->song_id)
        return;
    if (m->v[i] != &m->own[i]) {
        m->own[i] = *m->v[i];
        m->placed_us[i] = m->v[i]->told_us;
    }
    m->v[i] = &m->own[i];
    put_position(&m->own[i], &m->placed_us[i], x);
    put(&m->own[i], x);
}
