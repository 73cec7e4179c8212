/* near_build.c - the lists of near.h: of each song, its listeners' other songs counted.
 * Songs are shared out to threads; a list depends on its song alone.
 */
#include "core/service.h"
#include "index/segment.h"
#include "recsys/near.h"
#include "recsys/near_format.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SONGS_AT_ONCE = 64 };

struct pair {
    float likeness;
    uint32_t item;
};
struct build {
    const struct sg_interactions *plays;
    const struct sg_near_options *o;
    struct pair *lists; /* k per item */
    uint32_t *lengths;
    atomic_size_t next;
    atomic_bool failed;
};
struct counts { /* a thread's own */
    float *of;  /* per item; 0 but while it is counted */
    uint32_t *touched;
    size_t n;
};

/* Every step-th of n, so that no more than sample are looked at. */
static size_t step_of(size_t n, size_t sample)
{
    return n > sample ? (n + sample - 1) / sample : 1;
}

static void count_user(const struct build *b, struct counts *c, uint32_t user)
{
    const struct sg_side *u = &b->plays->users;
    size_t from = u->start[user], to = u->start[user + 1], step = step_of(to - from, b->o->sample);
    for (size_t i = from; i < to; i += step) {
        uint32_t item = u->other[i];
        if (u->weight[i] <= 0) /* skipped more than heard */
            continue;
        if (c->of[item] == 0)
            c->touched[c->n++] = item;
        c->of[item] += (float)step;
    }
}

static bool is_before(struct pair a, struct pair b)
{
    return a.likeness != b.likeness ? a.likeness > b.likeness : a.item < b.item;
}

/* Keeps the k best, best first: lists are short. */
static size_t insert(struct pair *v, size_t n, size_t k, struct pair p)
{
    if (n == k && !is_before(p, v[n - 1]))
        return n;
    size_t at = n < k ? n++ : n - 1;
    while (at && is_before(p, v[at - 1])) {
        v[at] = v[at - 1];
        at--;
    }
    v[at] = p;
    return n;
}

static void list_of(struct build *b, struct counts *c, uint32_t item)
{
    const struct sg_side *s = &b->plays->items;
    size_t from = s->start[item], to = s->start[item + 1], step = step_of(to - from, b->o->sample);
    struct pair *list = b->lists + item * b->o->k;
    size_t n = 0;
    c->n = 0;
    for (size_t i = from; i < to; i += step)
        if (s->weight[i] > 0)
            count_user(b, c, s->other[i]);
    for (size_t t = 0; t < c->n; t++) {
        uint32_t other = c->touched[t];
        float co = c->of[other] * (float)step;
        float mine = (float)(to - from), others = (float)(s->start[other + 1] - s->start[other]);
        c->of[other] = 0;
        if (other != item) {
            float cosine = fminf(1, co / sqrtf(mine * others));
            n = insert(list, n, b->o->k, (struct pair){cosine * co / (co + b->o->shrink), other});
        }
    }
    b->lengths[item] = (uint32_t)n;
}

static void *run(void *ctx)
{
    struct build *b = ctx;
    size_t items = b->plays->items.n, from;
    struct counts c = {.of = calloc(items + 1, sizeof *c.of),
                       .touched = malloc((items + 1) * sizeof *c.touched)};
    if (!c.of || !c.touched)
        b->failed = true;
    while (c.of && c.touched && !b->failed && !sg_stopping() &&
           (from = atomic_fetch_add(&b->next, SONGS_AT_ONCE)) < items)
        for (size_t i = from; i < items && i < from + SONGS_AT_ONCE; i++)
            list_of(b, &c, (uint32_t)i);
    free(c.of);
    free(c.touched);
    return NULL;
}

static int count(struct build *b, struct sg_error *e)
{
    pthread_t threads[64];
    int n = b->o->threads < 1 ? 1 : b->o->threads > 64 ? 64 : b->o->threads, started = 0;
    while (started < n - 1 && pthread_create(&threads[started], NULL, run, b) == 0)
        started++;
    run(b);
    while (started)
        pthread_join(threads[--started], NULL);
    if (sg_stopping())
        return sg_fail(e, SG_ECANCELED, "stopped");
    return b->failed ? sg_fail(e, SG_ENOMEM, "neighbours") : 0;
}

static void put_starts(struct sg_segment_writer *w, const struct build *b, const uint32_t *song,
                       size_t songs)
{
    uint32_t at = 0;
    size_t item = 0;
    sg_segment_begin(w, NEAR_START);
    for (size_t s = 0; s < songs; s++) {
        sg_segment_put(w, &at, sizeof at);
        if (item < b->plays->items.n && song[item] == s)
            at += b->lengths[item++];
    }
    sg_segment_put(w, &at, sizeof at);
}

static int write_lists(const char *path, const struct build *b, const uint32_t *song, size_t songs,
                       struct sg_error *e)
{
    struct sg_segment_writer w;
    size_t items = b->plays->items.n, pairs = 0;
    int rc = sg_segment_create(&w, path, NEAR_MAGIC, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < items; i++)
        pairs += b->lengths[i];
    w.header.value[0] = songs;
    w.header.value[1] = pairs;
    put_starts(&w, b, song, songs);
    sg_segment_begin(&w, NEAR_SONG);
    for (size_t i = 0; i < items; i++)
        for (size_t k = 0; k < b->lengths[i]; k++)
            sg_segment_put(&w, &song[b->lists[i * b->o->k + k].item], sizeof *song);
    sg_segment_begin(&w, NEAR_LIKENESS);
    for (size_t i = 0; i < items; i++)
        for (size_t k = 0; k < b->lengths[i]; k++) {
            uint16_t l = (uint16_t)lrintf(b->lists[i * b->o->k + k].likeness * 65535);
            sg_segment_put(&w, &l, sizeof l);
        }
    return sg_segment_commit(&w, e);
}

int sg_near_build(const char *path, const struct sg_interactions *plays, const uint32_t *song,
                  size_t songs, const struct sg_near_options *o, struct sg_error *e)
{
    struct build b = {.plays = plays, .o = o};
    size_t items = plays->items.n;
    if (items * o->k > UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "%s: more than %u pairs", path, UINT32_MAX);
    b.lists = malloc((items * o->k + 1) * sizeof *b.lists);
    b.lengths = calloc(items + 1, sizeof *b.lengths);
    int rc = b.lists && b.lengths ? count(&b, e) : sg_fail(e, SG_ENOMEM, "neighbours");
    if (!rc)
        rc = write_lists(path, &b, song, songs, e);
    free(b.lists);
    free(b.lengths);
    return rc;
}
