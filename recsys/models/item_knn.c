/* item_knn.c - items are alike when the same users played them: the cosine, damped for items
 * with few users (Sarwar et al., "Item-Based Collaborative Filtering", WWW 2001; the shrink
 * term as in Bell and Koren, KDD Cup 2007). Of every item its k nearest are kept. */
#include "recsys/models/neighbours.h"
#include <stdlib.h>

enum { NEIGHBOURS, SHRINK };
static const struct sg_param params[] = {
    {"neighbours", 100, 1, 5000, "nearest items kept of each"},
    {"shrink", 10, 0, 1e6, "added to the product of the norms"},
    {0},
};

struct knn {
    const struct sg_interactions *x;
    struct sg_bench *benches;
    float *norm, shrink;
    size_t k;
};

static size_t nearest(void *ctx, uint32_t target, int worker, struct sg_scored *out)
{
    struct knn *m = ctx;
    struct sg_bench *b = &m->benches[worker];
    size_t kept = 0, n = sg_cooccurring(m->x, target, b);
    for (size_t t = 0; t < n; t++) {
        uint32_t i = b->touched[t];
        float score = b->sum[i] / (m->norm[i] * m->norm[target] + m->shrink);
        b->sum[i] = 0;
        if (i != target)
            sg_scored_offer(out, &kept, m->k, (struct sg_scored){i, score});
    }
    return kept;
}

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    (void)parts;
    struct sg_neighbours *s = calloc(1, sizeof *s);
    struct knn m = {.x = f->x, .k = (size_t)p[NEIGHBOURS], .shrink = (float)p[SHRINK]};
    m.norm = sg_norms(&f->x->items);
    m.benches = sg_benches_open(f->threads, f->x->items.n);
    int rc = s && m.norm && m.benches ? 0 : sg_fail(e, SG_ENOMEM, "item-knn");
    if (!rc)
        rc = sg_neighbours_build(s, f->x->items.n, m.k, f, "item-knn", nearest, &m, e);
    free(m.norm);
    sg_benches_close(m.benches, f->threads);
    if (rc)
        free(s);
    else
        *state = s;
    return rc;
}

const struct sg_model_kind sg_model_item_knn = {
    .name = "item-knn",
    .summary = "items alike by the cosine of their users",
    .params = params,
    .fit = fit,
    .score = sg_neighbours_score,
    .free = sg_neighbours_close,
};
