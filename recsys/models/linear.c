/* linear.c - item-item ridge regression: x ~ x B with a zero diagonal, so that every item is
 * explained by others (EASE: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data",
 * WWW 2019).
 *
 * The closed form inverts items x items, 4 TB at a million. Here each column is solved on
 * its own, restricted to the m items nearest by cosine (as fsSLIM: Ning and Karypis, ICDM
 * 2011; Steck's sparse approximation, NeurIPS 2019):
 *
 *   b_j = (G_SS + l I)^-1 G_Sj,  G = X'X,  S = the m items nearest to j
 *
 * which is EASE exactly when S is all other items, for column j of EASE is that regression.
 * Memory: 16 bytes x m x items while building, and 4 m^2 a thread.
 */
#include "recsys/models/neighbours.h"
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

extern void sposv_(const char *uplo, const int *n, const int *nrhs, float *a, const int *lda,
                   float *b, const int *ldb, int *info, size_t);

enum { NEIGHBOURS, RIDGE };
static const struct sg_param params[] = {
    {"neighbours", 100, 1, 2000, "items that explain each"},
    {"ridge", 50, 1e-3, 1e6, "regularisation"},
    {0},
};

struct desk { /* a worker's */
    struct sg_bench bench;
    float *gram, *right;
    struct held { /* the items of S that a user has, as lists through `next` */
        uint32_t place, next;
        float weight;
    } * held;
    size_t held_cap;
    uint32_t *head, *users; /* of a user: 1 + its first in held; who has one */
};
struct linear {
    const struct sg_interactions *x;
    struct desk *desks;
    float *norm, ridge;
    size_t m;
    atomic_bool failed; /* out of memory */
};

static size_t nearest(const struct linear *l, uint32_t target, struct desk *d,
                      struct sg_scored *out)
{
    struct sg_bench *b = &d->bench;
    size_t kept = 0, n = sg_cooccurring(l->x, target, b);
    for (size_t t = 0; t < n; t++) {
        uint32_t i = b->touched[t];
        float cosine = b->sum[i] / l->norm[i];
        if (i != target)
            sg_scored_offer(out, &kept, l->m, (struct sg_scored){i, cosine});
    }
    for (size_t k = 0; k < kept; k++)
        d->right[k] = b->sum[out[k].item];
    for (size_t t = 0; t < n; t++)
        b->sum[b->touched[t]] = 0;
    return kept;
}

/* Files the items of S under their users; returns how many users, or SIZE_MAX. */
static size_t file_by_user(const struct linear *l, struct desk *d, const struct sg_scored *s,
                           size_t n)
{
    const struct sg_side *items = &l->x->items;
    size_t total = 0, users = 0, at = 0;
    for (size_t k = 0; k < n; k++)
        total += items->start[s[k].item + 1] - items->start[s[k].item];
    if (total >= UINT32_MAX)
        return SIZE_MAX;
    if (total > d->held_cap) {
        struct held *grown = realloc(d->held, total * sizeof *grown);
        if (!grown)
            return SIZE_MAX;
        d->held = grown;
        d->held_cap = total;
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = items->start[s[k].item]; i < items->start[s[k].item + 1]; i++) {
            uint32_t user = items->other[i];
            if (!d->head[user])
                d->users[users++] = user;
            d->held[at] = (struct held){(uint32_t)k, d->head[user], items->weight[i]};
            d->head[user] = (uint32_t)++at;
        }
    return users;
}

/* G_SS, the lower triangle (places fall along a user's list); leaves the heads zero. */
static bool fill_gram(const struct linear *l, struct desk *d, const struct sg_scored *s, size_t n)
{
    size_t users = file_by_user(l, d, s, n);
    if (users == SIZE_MAX)
        return false;
    memset(d->gram, 0, n * n * sizeof *d->gram);
    for (size_t u = 0; u < users; u++) {
        for (uint32_t a = d->head[d->users[u]]; a; a = d->held[a - 1].next)
            for (uint32_t b = a; b; b = d->held[b - 1].next)
                d->gram[d->held[b - 1].place * n + d->held[a - 1].place] +=
                    d->held[a - 1].weight * d->held[b - 1].weight;
        d->head[d->users[u]] = 0;
    }
    for (size_t k = 0; k < n; k++)
        d->gram[k * (n + 1)] += l->ridge;
    return true;
}

static size_t solve(void *ctx, uint32_t target, int worker, struct sg_scored *out)
{
    struct linear *l = ctx;
    struct desk *d = &l->desks[worker];
    size_t n = nearest(l, target, d, out);
    int order = (int)n, one = 1, info = 0;
    if (!n || l->failed)
        return 0;
    if (!fill_gram(l, d, out, n)) {
        l->failed = true;
        return 0;
    }
    /* Row-major rows >= columns of the upper triangle: column-major lower. */
    sposv_("L", &order, &one, d->gram, &order, d->right, &order, &info, 1);
    for (size_t k = 0; k < n && !info; k++)
        out[k].score = d->right[k];
    return info ? 0 : n;
}

static void desks_close(struct desk *desks, int threads)
{
    for (int i = 0; desks && i < threads; i++) {
        sg_bench_close(&desks[i].bench);
        free(desks[i].gram);
        free(desks[i].right);
        free(desks[i].held);
        free(desks[i].head);
        free(desks[i].users);
    }
    free(desks);
}

static struct desk *desks_open(const struct sg_fit *f, size_t m)
{
    struct desk *desks = calloc((size_t)f->threads, sizeof *desks);
    for (int i = 0; desks && i < f->threads; i++) {
        struct desk *d = &desks[i];
        d->gram = malloc(m * m * sizeof *d->gram);
        d->right = malloc(m * sizeof *d->right);
        d->head = calloc(f->x->users.n + 1, sizeof *d->head);
        d->users = malloc((f->x->users.n + 1) * sizeof *d->users);
        if (sg_bench_open(&d->bench, f->x->items.n) || !d->gram || !d->right || !d->head ||
            !d->users) {
            desks_close(desks, f->threads);
            return NULL;
        }
    }
    return desks;
}

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    (void)parts;
    struct sg_neighbours *s = calloc(1, sizeof *s);
    struct linear l = {.x = f->x, .m = (size_t)p[NEIGHBOURS], .ridge = (float)p[RIDGE]};
    l.norm = sg_norms(&f->x->items);
    l.desks = desks_open(f, l.m);
    int rc = s && l.norm && l.desks ? 0 : sg_fail(e, SG_ENOMEM, "linear");
    if (!rc)
        rc = sg_neighbours_build(s, f->x->items.n, l.m, f, "linear", solve, &l, e);
    if (!rc && l.failed) {
        sg_neighbours_free(s);
        rc = sg_fail(e, SG_ENOMEM, "linear");
    }
    free(l.norm);
    desks_close(l.desks, f->threads);
    if (rc)
        free(s);
    else
        *state = s;
    return rc;
}

const struct sg_model_kind sg_model_linear = {
    .name = "linear",
    .summary = "item-item ridge regression (EASE) on each item's nearest",
    .params = params,
    .fit = fit,
    .score = sg_neighbours_score,
    .free = sg_neighbours_close,
};
