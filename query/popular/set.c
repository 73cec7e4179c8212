/* set.c - see set.h. */
#include "query/popular/set.h"
#include <stdlib.h>

static int add(void *ctx, const struct sg_popular_row *r)
{
    struct popular_set *x = ctx;
    if (x->n == x->cap) {
        size_t cap = x->cap ? 2 * x->cap : 256;
        struct sg_popular_row *v = realloc(x->v, cap * sizeof *v);
        if (!v)
            return SG_ENOMEM;
        x->v = v;
        x->cap = cap;
    }
    struct sg_popular_row copy = {sg_arena_copy(&x->arena, r->folded),
                                  sg_arena_copy(&x->arena, r->market),
                                  sg_arena_copy(&x->arena, r->query),
                                  sg_arena_copy(&x->arena, r->lang),
                                  r->weight,
                                  r->trend};
    if (!copy.folded.p || !copy.market.p || !copy.query.p || !copy.lang.p)
        return SG_ENOMEM;
    x->v[x->n++] = copy;
    return 0;
}

static int by_text(const void *a, const void *b)
{
    const struct sg_popular_row *x = a, *y = b;
    int c = sg_str_cmp(x->market, y->market);
    return c ? c : sg_str_cmp(x->folded, y->folded);
}

static int by_trend(const void *a, const void *b, void *ctx)
{
    const struct popular_set *x = ctx;
    const struct sg_popular_row *l = &x->v[*(const uint32_t *)a], *r = &x->v[*(const uint32_t *)b];
    if (l->trend != r->trend)
        return l->trend < r->trend ? 1 : -1;
    return l->weight != r->weight ? (l->weight < r->weight ? 1 : -1) : by_text(l, r);
}

static int arrange(struct popular_set *x)
{
    qsort(x->v, x->n, sizeof *x->v, by_text);
    x->rising = malloc((x->n + 1) * sizeof *x->rising);
    x->tree = calloc(sg_maxtree_words(x->n, 1) + 1, sizeof *x->tree);
    if (!x->rising || !x->tree)
        return SG_ENOMEM;
    for (size_t i = 0; i < x->n; i++) {
        x->rising[i] = (uint32_t)i;
        x->tree[i] = sg_weight_pack(x->v[i].weight);
    }
    sg_maxtree_build(x->tree, x->n, 1);
    qsort_r(x->rising, x->n, sizeof *x->rising, by_trend, x);
    return 0;
}

int popular_set_read(struct popular_set **out, struct sg_searcher *s, struct sg_error *e)
{
    struct popular_set *x = calloc(1, sizeof *x);
    int rc = x ? sg_popular_each(s, add, x, e) : SG_ENOMEM;
    if (!rc && x->n)
        rc = arrange(x);
    if (rc == SG_ENOMEM)
        sg_fail(e, SG_ENOMEM, "popular queries");
    if (rc)
        popular_set_free(x);
    else
        *out = x;
    return rc;
}

void popular_set_free(struct popular_set *x)
{
    if (!x)
        return;
    sg_arena_free(&x->arena);
    free(x->v);
    free(x->rising);
    free(x->tree);
    free(x);
}

/* The first row not below (market, text); with past, not below anything that starts so. */
static size_t bound(const struct popular_set *x, struct sg_str market, struct sg_str text,
                    bool past)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct sg_popular_row *r = &x->v[mid];
        int c = sg_str_cmp(r->market, market);
        if (!c && past && sg_str_starts(r->folded, text))
            c = -1;
        else if (!c)
            c = sg_str_cmp(r->folded, text);
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

size_t popular_set_find(const struct popular_set *x, struct sg_str market, struct sg_str folded,
                        uint32_t *out, size_t k)
{
    struct sg_maxtree tree = {(const char *)x->tree, x->n, 1};
    struct sg_maxtree_search search;
    size_t first = x->n ? bound(x, market, folded, false) : 0;
    size_t last = x->n ? bound(x, market, folded, true) : 0, n = 0, leaf;
    if (first >= last)
        return 0;
    sg_maxtree_begin(&search, &tree, 1, first, last);
    while (n < k && sg_maxtree_next(&search, 0, &leaf))
        out[n++] = (uint32_t)leaf;
    return n;
}
