/* set.c - a set of entities kept as an array: cheap to add to, sorted when read. */
#include "index/delta/writer.h"
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct sg_delta_entity *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

void sg_delta_set_squeeze(struct sg_delta_set *s)
{
    size_t n = 0;
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, compare);
    for (size_t i = 0; i < s->n; i++)
        if (n == 0 || compare(&s->v[n - 1], &s->v[i]) != 0)
            s->v[n++] = s->v[i];
    s->n = s->squeezed = n;
}

int sg_delta_set_add(struct sg_delta_set *s, enum sg_kind kind, uint64_t id, struct sg_error *e)
{
    if (s->n == s->cap && s->squeezed < s->cap / 2)
        sg_delta_set_squeeze(s);
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 256;
        void *v = reallocarray(s->v, cap, sizeof *s->v);
        if (!v)
            return sg_fail(e, SG_ENOMEM, "delta: %zu changed entities", cap);
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n++] = (struct sg_delta_entity){id, kind};
    return 0;
}

void sg_delta_set_free(struct sg_delta_set *s)
{
    free(s->v);
    *s = (struct sg_delta_set){0};
}
