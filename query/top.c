/* top.c - see top.h. */
#include "query/top.h"
#include <stdlib.h>

bool sg_top_is_better(const struct sg_top_entry *a, const struct sg_top_entry *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    if (a->popularity != b->popularity)
        return a->popularity > b->popularity;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->id < b->id;
}

void sg_top_init(struct sg_top *t, size_t cap)
{
    t->n = 0;
    t->cap = cap < SG_TOP_MAX ? cap : SG_TOP_MAX;
}

static void sift_up(struct sg_top *t, size_t i, const struct sg_top_entry *e)
{
    for (; i && sg_top_is_better(&t->v[(i - 1) / 2], e); i = (i - 1) / 2)
        t->v[i] = t->v[(i - 1) / 2];
    t->v[i] = *e;
}

static void sift_down(struct sg_top *t, const struct sg_top_entry *e)
{
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < t->n; i = child) {
        if (child + 1 < t->n && sg_top_is_better(&t->v[child], &t->v[child + 1]))
            child++;
        if (!sg_top_is_better(e, &t->v[child]))
            break;
        t->v[i] = t->v[child];
    }
    t->v[i] = *e;
}

void sg_top_push(struct sg_top *t, const struct sg_top_entry *e)
{
    if (t->n < t->cap)
        sift_up(t, t->n++, e);
    else if (t->cap && sg_top_is_better(e, &t->v[0]))
        sift_down(t, e);
}

static int compare(const void *a, const void *b)
{
    return sg_top_is_better(b, a) - sg_top_is_better(a, b);
}

void sg_top_sort(struct sg_top *t)
{
    qsort(t->v, t->n, sizeof *t->v, compare);
}
