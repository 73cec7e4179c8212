/* als.c - the factorisation of recsys/als.h; a row is folded in exactly (as one row of a
 * half-sweep), so that a user of the training and a new one with her items score alike. */
#include "recsys/als.h"
#include "recsys/als_exact.h"
#include "recsys/models/kind.h"
#include <cblas.h>
#include <stdlib.h>

enum { FACTORS, SWEEPS, UNOBSERVED, RIDGE, POWER, WEIGHTING };
static const struct sg_param params[] = {
    {"factors", 64, 1, 512, "of every user and item"},
    {"sweeps", 12, 1, 100, "over both sides"},
    {"unobserved", 0.1, 0, 10, "weight of pairs not played"},
    {"ridge", 0.005, 1e-7, 1000, "regularisation"},
    {"power", 1, 0, 1, "how it grows with a row's frequency"},
    {"weighting", 1, 0, 3, "of plays: 0 log, 1 none, 2 root, 3 linear"},
    {0},
};

struct als {
    struct sg_als_loss loss;
    struct sg_factors f;
    size_t items;
    float *gram;
};

static void show(void *ctx, int sweep, int sweeps)
{
    sg_fit_progress(ctx, "als", (double)sweep / sweeps);
}

static void free_state(void *state)
{
    struct als *s = state;
    sg_factors_free(&s->f);
    free(s->gram);
    free(s);
}

static int fit(void **state, const struct sg_fit *f, const double *p, const char *parts,
               struct sg_error *e)
{
    (void)parts;
    struct sg_fit copy = *f;
    struct sg_als_options o = SG_ALS_DEFAULTS;
    o.factors = (size_t)p[FACTORS];
    o.sweeps = (int)p[SWEEPS];
    o.threads = f->threads;
    o.seed = f->seed;
    o.loss = (struct sg_als_loss){.unobserved = (float)p[UNOBSERVED],
                                  .regularisation = (float)p[RIDGE],
                                  .power = (float)p[POWER],
                                  .weighting = (enum sg_als_weighting)p[WEIGHTING]};
    o.progress = show;
    o.ctx = &copy;
    struct als *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "als");
    s->loss = o.loss;
    s->items = f->x->items.n;
    s->gram = calloc(o.factors * o.factors, sizeof *s->gram);
    int rc = s->gram ? sg_als_train(f->x, &o, &s->f, e) : sg_fail(e, SG_ENOMEM, "als");
    if (rc) {
        free_state(s);
        return rc;
    }
    free(s->f.users);
    s->f.users = NULL;
    int d = (int)o.factors;
    if (s->items)
        cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, d, (int)s->items, s->loss.unobserved,
                    s->f.items, d, 0, s->gram, d);
    *state = s;
    return 0;
}

static int fold_in(const struct als *s, struct sg_exact *exact, const struct sg_row *row, float *x)
{
    size_t d = s->f.factors;
    sg_exact_begin(exact, s->gram);
    for (size_t i = 0; i < row->n; i++)
        sg_exact_add(exact, s->f.items + row->item[i] * d,
                     sg_als_confidence(&s->loss, row->weight[i]), row->weight[i] > 0);
    return sg_exact_solve(exact, sg_als_ridge(&s->loss, row->n, s->items), x) ? 0 : SG_EINTERNAL;
}

static int score(const void *state, const struct sg_row *rows, size_t n, float *out,
                 struct sg_error *e)
{
    const struct als *s = state;
    size_t d = s->f.factors;
    struct sg_exact exact;
    float *x = calloc(n * d + 1, sizeof *x);
    int rc = sg_exact_init(&exact, d) && x ? 0 : SG_ENOMEM;
    for (size_t r = 0; r < n && !rc; r++)
        rc = fold_in(s, &exact, &rows[r], x + r * d);
    if (!rc && s->items)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)s->items, (int)d, 1, x,
                    (int)d, s->f.items, (int)d, 0, out, (int)s->items);
    sg_exact_fini(&exact);
    free(x);
    return rc ? sg_fail(e, rc, "als: fold-in: %s", sg_err_name(rc)) : 0;
}

const struct sg_model_kind sg_model_als = {
    .name = "als",
    .summary = "implicit alternating least squares, rows folded in exactly",
    .params = params,
    .fit = fit,
    .score = score,
    .free = free_state,
};
