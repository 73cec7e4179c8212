/* user_knn.c - what the users most like this one played: brute-force cosine against every
 * user who shares an item, the method of collaborative filtering's beginnings (Herlocker
 * et al., SIGIR 1999). Nothing is trained; scoring walks the items' users. */
#include "recsys/models/neighbours.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEIGHBOURS, SHRINK };
static const struct sg_param params[] = {
    {"neighbours", 100, 1, 100000, "nearest users who count"},
    {"shrink", 0, 0, 1e6, "added to the product of the norms"},
    {0},
};

struct knn {
    const struct sg_interactions *x;
    float *norm, shrink;
    size_t k;
};

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    (void)parts;
    struct knn *m = calloc(1, sizeof *m);
    float *norm = sg_norms(&f->x->users);
    if (!m || !norm) {
        free(m);
        free(norm);
        return sg_fail(e, SG_ENOMEM, "user-knn");
    }
    *m = (struct knn){f->x, norm, (float)p[SHRINK], (size_t)p[NEIGHBOURS]};
    *state = m;
    return 0;
}

static size_t nearest(const struct knn *m, const struct sg_row *row, struct sg_bench *b,
                      struct sg_scored *out)
{
    const struct sg_side *items = &m->x->items;
    size_t touched = 0, kept = 0;
    double length = 0;
    for (size_t i = 0; i < row->n; i++) {
        float w = row->weight[i];
        length += (double)w * (double)w;
        for (size_t k = items->start[row->item[i]]; k < items->start[row->item[i] + 1]; k++) {
            uint32_t user = items->other[k];
            touched = sg_bench_add(b, touched, user, w * items->weight[k]);
        }
    }
    float norm = (float)sqrt(length);
    for (size_t t = 0; t < touched; t++) {
        uint32_t user = b->touched[t];
        float cosine = b->sum[user] / (norm * m->norm[user] + m->shrink);
        b->sum[user] = 0;
        sg_scored_offer(out, &kept, m->k, (struct sg_scored){user, cosine});
    }
    return kept;
}

static int score(const void *state, const struct sg_row *rows, size_t n, float *out,
                 struct sg_error *e)
{
    const struct knn *m = state;
    const struct sg_side *users = &m->x->users;
    struct sg_bench b;
    struct sg_scored *near = malloc((m->k + 1) * sizeof *near);
    if (!near || sg_bench_open(&b, users->n)) {
        free(near);
        return sg_fail(e, SG_ENOMEM, "user-knn");
    }
    memset(out, 0, n * m->x->items.n * sizeof *out);
    for (size_t r = 0; r < n; r++) {
        float *o = out + r * m->x->items.n;
        size_t found = nearest(m, &rows[r], &b, near);
        for (size_t i = 0; i < found; i++)
            for (size_t k = users->start[near[i].item]; k < users->start[near[i].item + 1]; k++)
                o[users->other[k]] += near[i].score * users->weight[k];
    }
    sg_bench_close(&b);
    free(near);
    return 0;
}

static void free_state(void *state)
{
    struct knn *m = state;
    free(m->norm);
    free(m);
}

const struct sg_model_kind sg_model_user_knn = {
    .name = "user-knn",
    .summary = "what the users nearest by cosine played",
    .params = params,
    .fit = fit,
    .score = score,
    .free = free_state,
};
