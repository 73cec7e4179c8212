/* als.c - see als.h. Names follow the paper: Y the fixed side, x the row solved for. */
#include "recsys/als.h"
#include "core/service.h"
#include "recsys/als_exact.h"
#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 256 };

struct half_sweep {
    const struct sg_als_options *o;
    const struct sg_side *side; /* the rows solved for */
    const float *fixed;         /* Y: the other side's factors */
    size_t n_fixed;
    float *solved;
    const float *gram; /* a Y'Y */
    atomic_size_t next;
    atomic_bool failed;
};

/* splitmix64 (Steele, Lea, Flood 2014): a number per (seed, i), so that no thread order matters. */
static uint64_t scramble(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Normal by the Box-Muller transform, standard deviation 1 / sqrt(factors). */
static void fill_normal(float *v, size_t n, uint64_t seed, size_t factors)
{
    double scale = 1 / sqrt((double)factors);
    for (size_t i = 0; i < n; i++) {
        double a = ((double)(scramble(seed ^ (2 * i)) >> 11) + 1) * 0x1p-53;
        double b = (double)(scramble(seed ^ (2 * i + 1)) >> 11) * 0x1p-53;
        v[i] = (float)(scale * sqrt(-2 * log(a)) * cos(2 * M_PI * b));
    }
}

static bool solve_row(const struct half_sweep *h, struct sg_exact *s, size_t row)
{
    const struct sg_als_loss *loss = &h->o->loss;
    size_t d = h->o->factors, from = h->side->start[row], to = h->side->start[row + 1];
    sg_exact_begin(s, h->gram);
    for (size_t i = from; i < to; i++)
        sg_exact_add(s, h->fixed + d * h->side->other[i],
                     sg_als_confidence(loss, h->side->weight[i]), h->side->weight[i] > 0);
    return sg_exact_solve(s, sg_als_ridge(loss, to - from, h->n_fixed), h->solved + d * row);
}

static void *solve_rows(void *ctx)
{
    struct half_sweep *h = ctx;
    struct sg_exact s;
    bool good = sg_exact_init(&s, h->o->factors);
    for (size_t from; good && (from = atomic_fetch_add(&h->next, ROWS_AT_ONCE)) < h->side->n;) {
        size_t to = from + ROWS_AT_ONCE < h->side->n ? from + ROWS_AT_ONCE : h->side->n;
        for (size_t row = from; good && row < to; row++)
            good = solve_row(h, &s, row);
    }
    sg_exact_fini(&s);
    if (!good)
        h->failed = true;
    return NULL;
}

static bool run_threads(struct half_sweep *h, int threads)
{
    pthread_t helpers[64];
    int n = 0;
    for (; n < threads - 1 && n < 64; n++)
        if (pthread_create(&helpers[n], NULL, solve_rows, h))
            break;
    solve_rows(h);
    for (int i = 0; i < n; i++)
        pthread_join(helpers[i], NULL);
    return !h->failed;
}

static bool half(const struct sg_als_options *o, const struct sg_side *side, const float *fixed,
                 size_t n_fixed, float *solved, float *gram)
{
    int d = (int)o->factors;
    cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, d, (int)n_fixed, o->loss.unobserved, fixed,
                d, 0, gram, d);
    struct half_sweep h = {
        .o = o, .side = side, .fixed = fixed, .n_fixed = n_fixed, .solved = solved, .gram = gram};
    return run_threads(&h, o->threads);
}

static int sweep_all(const struct sg_interactions *x, const struct sg_als_options *o,
                     struct sg_factors *f, float *gram, struct sg_error *e)
{
    for (int i = 0; i < o->sweeps; i++) {
        if (sg_stopping())
            return sg_fail(e, SG_ECANCELED, "training was stopped");
        if (!half(o, &x->users, f->items, x->items.n, f->users, gram) ||
            !half(o, &x->items, f->users, x->users.n, f->items, gram))
            return sg_fail(e, SG_ENOMEM, "sweep %d: out of memory, or not positive definite",
                           i + 1);
        if (o->progress)
            o->progress(o->ctx, i + 1, o->sweeps);
    }
    return 0;
}

int sg_als_train(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_factors *out, struct sg_error *e)
{
    if (o->factors < 1 || o->factors > 512 || x->items.n > INT32_MAX || x->users.n > INT32_MAX)
        return sg_fail(e, SG_EINVAL, "factors %zu: expected 1 to 512", o->factors);
    struct sg_factors f = {.factors = o->factors};
    f.users = calloc(x->users.n * o->factors + 1, sizeof(float));
    f.items = malloc((x->items.n * o->factors + 1) * sizeof(float));
    float *gram = calloc(o->factors * o->factors, sizeof *gram);
    int rc = f.users && f.items && gram ? 0 : sg_fail(e, SG_ENOMEM, "factors");
    if (!rc) {
        openblas_set_num_threads(1); /* the rows are what is shared out */
        fill_normal(f.items, x->items.n * o->factors, scramble(o->seed), o->factors);
        rc = x->n ? sweep_all(x, o, &f, gram, e) : 0;
    }
    free(gram);
    if (rc)
        sg_factors_free(&f);
    else
        *out = f;
    return rc;
}

void sg_factors_free(struct sg_factors *f)
{
    free(f->users);
    free(f->items);
    *f = (struct sg_factors){0};
}
