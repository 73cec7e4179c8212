/* relations.c - see relations.h. Each description is one allocation: the struct,
 * its columns, then all names. */
#include "core/change_tail/relations.h"
#include <stdlib.h>

void sg_relations_fini(struct sg_relations *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->v[i]);
    free(r->v);
    *r = (struct sg_relations){0};
}

/* First position whose oid is not below. */
static size_t lower_bound(const struct sg_relations *r, uint32_t oid)
{
    size_t from = 0, to = r->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (r->v[mid]->oid < oid)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

const struct sg_relation *sg_relations_get(const struct sg_relations *r, uint32_t oid)
{
    size_t i = lower_bound(r, oid);
    return i < r->n && r->v[i]->oid == oid ? r->v[i] : NULL;
}

static struct sg_str copy_name(char **to, struct sg_str s)
{
    struct sg_str copy = {*to, s.n};
    memcpy(*to, s.p, s.n);
    *to += s.n;
    return copy;
}

static struct sg_relation *copy(const struct sg_relation *d)
{
    size_t bytes = sizeof *d + d->n * sizeof *d->columns + d->schema.n + d->name.n;
    for (size_t i = 0; i < d->n; i++)
        bytes += d->columns[i].name.n;
    struct sg_relation *c = malloc(bytes);
    if (!c)
        return NULL;
    struct sg_relation_column *columns = (struct sg_relation_column *)(c + 1);
    char *names = (char *)(columns + d->n);
    *c = *d;
    c->columns = columns;
    c->schema = copy_name(&names, d->schema);
    c->name = copy_name(&names, d->name);
    for (size_t i = 0; i < d->n; i++) {
        columns[i] = d->columns[i];
        columns[i].name = copy_name(&names, d->columns[i].name);
    }
    return c;
}

static int make_room(struct sg_relations *r)
{
    if (r->n < r->cap)
        return 0;
    size_t cap = r->cap ? r->cap * 2 : 16;
    struct sg_relation **v = realloc(r->v, cap * sizeof *v);
    if (!v)
        return SG_ENOMEM;
    r->v = v;
    r->cap = cap;
    return 0;
}

int sg_relations_learn(struct sg_relations *r, const struct sg_relation *d, struct sg_error *e)
{
    struct sg_relation *c = copy(d);
    if (!c || make_room(r)) {
        free(c);
        return sg_fail(e, SG_ENOMEM, "relation description");
    }
    size_t i = lower_bound(r, c->oid);
    if (i < r->n && r->v[i]->oid == c->oid) {
        free(r->v[i]);
    } else {
        memmove(&r->v[i + 1], &r->v[i], (r->n - i) * sizeof *r->v);
        r->n++;
    }
    r->v[i] = c;
    return 0;
}
