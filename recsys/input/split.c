/* split.c - see split.h. */
#include "recsys/input/split.h"
#include "recsys/random.h"
#include <stdlib.h>

size_t sg_side_find(const struct sg_side *side, uint64_t id)
{
    size_t lo = 0, hi = side->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (side->id[mid] < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < side->n && side->id[lo] == id ? lo : SIZE_MAX;
}

int sg_pairs_learn(struct sg_interactions *x, const struct sg_pairs *p, struct sg_error *e)
{
    struct sg_interactions_builder *b;
    int rc = sg_interactions_begin(&b, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->n && !rc; i++)
        rc = sg_interactions_add(b, p->v[i].user, p->v[i].item, p->v[i].weight, e);
    if (!rc)
        return sg_interactions_finish(b, x, e);
    sg_interactions_abort(b);
    return rc;
}

/* test is sorted by user and item, so known items come out ascending. */
static void ask(struct sg_split *s, const struct sg_pairs *test)
{
    size_t at = 0;
    for (size_t i = 0, end; i < test->n; i = end) {
        for (end = i; end < test->n && test->v[end].user == test->v[i].user;)
            end++;
        size_t user = sg_side_find(&s->train.users, test->v[i].user);
        if (user == SIZE_MAX) {
            s->cold++;
            continue;
        }
        struct sg_question *q = &s->questions[s->n++];
        *q = (struct sg_question){.user = test->v[i].user,
                                  .given = sg_row_of_user(&s->train, user),
                                  .items = s->items + at,
                                  .relevant = end - i};
        for (size_t k = i; k < end; k++) {
            size_t item = sg_side_find(&s->train.items, test->v[k].item);
            if (item != SIZE_MAX)
                s->items[at++] = (uint32_t)item;
        }
        q->n = (size_t)(s->items + at - q->items);
    }
}

int sg_split_given(struct sg_split *out, const struct sg_pairs *train, const struct sg_pairs *test,
                   struct sg_error *e)
{
    struct sg_split s = {0};
    if (!train->n || !test->n)
        return sg_fail(e, SG_EINVAL, "%zu pairs to learn from and %zu to ask for: need both",
                       train->n, test->n);
    s.questions = malloc(test->n * sizeof *s.questions);
    s.items = malloc(test->n * sizeof *s.items);
    int rc = s.questions && s.items ? sg_pairs_learn(&s.train, train, e)
                                    : sg_fail(e, SG_ENOMEM, "split");
    if (!rc)
        ask(&s, test);
    if (!rc && !s.n)
        rc = sg_fail(e, SG_EINVAL, "nobody held back is known to the training part");
    if (rc)
        sg_split_free(&s);
    else
        *out = s;
    return rc;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The first time that is held back; SG_ENOMEM. */
static int time_limit(const struct sg_pairs *p, double fraction, int64_t *out)
{
    int64_t *times = malloc((p->n + 1) * sizeof *times);
    if (!times)
        return SG_ENOMEM;
    for (size_t i = 0; i < p->n; i++)
        times[i] = p->v[i].time;
    qsort(times, p->n, sizeof *times, by_time);
    size_t at = (size_t)((double)p->n * (1 - fraction));
    *out = p->n ? times[at < p->n ? at : p->n - 1] : 0;
    free(times);
    return 0;
}

/* Everybody's last pair (the later in order of those of one time) who has more than one. */
static void hold_last(const struct sg_pairs *p, bool *held)
{
    for (size_t from = 0, to; from < p->n; from = to) {
        size_t last = from;
        for (to = from; to < p->n && p->v[to].user == p->v[from].user; to++)
            if (p->v[to].time >= p->v[last].time)
                last = to;
        held[last] = to - from > 1;
    }
}

static int hold(const struct sg_pairs *p, const struct sg_split_options *o, bool *held)
{
    int64_t limit = 0;
    if (o->kind == SG_SPLIT_LAST) {
        hold_last(p, held);
        return 0;
    }
    int rc = o->kind == SG_SPLIT_TIME ? time_limit(p, o->fraction, &limit) : 0;
    for (size_t i = 0; i < p->n && !rc; i++)
        held[i] = o->kind == SG_SPLIT_TIME ? p->v[i].time >= limit
                                           : sg_random_unit(o->seed, i) < o->fraction;
    return rc;
}

int sg_split_pairs(struct sg_split *out, const struct sg_pairs *p, const struct sg_split_options *o,
                   struct sg_error *e)
{
    struct sg_pairs part[2] = {{0}, {0}};
    if (o->kind != SG_SPLIT_RANDOM && !p->timed)
        return sg_fail(e, SG_EINVAL, "this split needs the time of every pair");
    bool *held = calloc(p->n + 1, sizeof *held);
    int rc = held && !hold(p, o, held) ? 0 : sg_fail(e, SG_ENOMEM, "split");
    for (size_t i = 0; i < p->n && !rc; i++)
        rc = sg_pairs_add(&part[held[i]], p->v[i], e);
    if (!rc)
        rc = sg_split_given(out, &part[0], &part[1], e);
    free(held);
    sg_pairs_free(&part[0]);
    sg_pairs_free(&part[1]);
    return rc;
}

int sg_split_interactions(struct sg_split *out, const struct sg_interactions *x, double fraction,
                          uint64_t seed, struct sg_error *e)
{
    struct sg_pairs p = {0};
    int rc = 0;
    for (size_t u = 0; u < x->users.n && !rc; u++)
        for (size_t k = x->users.start[u]; k < x->users.start[u + 1] && !rc; k++)
            rc = sg_pairs_add(&p,
                              (struct sg_pair){.user = x->users.id[u],
                                               .item = x->items.id[x->users.other[k]],
                                               .weight = x->users.weight[k]},
                              e);
    struct sg_split_options o = {SG_SPLIT_RANDOM, fraction, seed};
    if (!rc)
        rc = sg_split_pairs(out, &p, &o, e);
    sg_pairs_free(&p);
    return rc;
}

void sg_split_free(struct sg_split *s)
{
    sg_interactions_free(&s->train);
    free(s->questions);
    free(s->items);
    free(s->given);
    free(s->ones);
    *s = (struct sg_split){0};
}
