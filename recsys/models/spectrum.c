/* spectrum.c - see spectrum.h. */
#include "recsys/models/spectrum.h"
#include "core/service.h"
#include "recsys/parallel.h"
#include "recsys/random.h"
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern void ssyevd_(const char *jobz, const char *uplo, const int *n, float *a, const int *lda,
                    float *w, float *work, const int *lwork, int *iwork, const int *liwork,
                    int *info, size_t, size_t);

enum { ITERATIONS = 5, ROWS_AT_ONCE = 256 };

struct finder {
    const struct sg_fit *f;
    const float *user_scale, *item_scale;
    size_t q;             /* columns worked with */
    float *y, *z, *t;     /* items x q, users x q, items x q */
    float *gram, *values; /* q x q, q */
    float *work;
    int *iwork, lwork, liwork;
};

/* rows = scale_r . M . (scale_c . from), for the rows of one side. */
struct product {
    const struct sg_side *side;
    const float *row_scale, *column_scale, *from;
    float *to;
    size_t q;
};

static int multiply_rows(void *ctx, size_t from, size_t to, int worker)
{
    (void)worker;
    struct product *p = ctx;
    for (size_t r = from; r < to; r++) {
        float *o = p->to + r * p->q;
        memset(o, 0, p->q * sizeof *o);
        for (size_t k = p->side->start[r]; k < p->side->start[r + 1]; k++) {
            uint32_t c = p->side->other[k];
            cblas_saxpy((int)p->q, p->row_scale[r] * p->side->weight[k] * p->column_scale[c],
                        p->from + c * p->q, 1, o, 1);
        }
    }
    return 0;
}

static int to_users(struct finder *w, const float *items, float *users)
{
    struct product p = {&w->f->x->users, w->user_scale, w->item_scale, items, users, w->q};
    return sg_parallel(w->f->threads, p.side->n, ROWS_AT_ONCE, multiply_rows, &p);
}

static int to_items(struct finder *w, const float *users, float *items)
{
    struct product p = {&w->f->x->items, w->item_scale, w->user_scale, users, items, w->q};
    return sg_parallel(w->f->threads, p.side->n, ROWS_AT_ONCE, multiply_rows, &p);
}

/* Eigenvalues of M'M for M of n rows, ascending in values; vectors are rows of gram. */
static int eigen(struct finder *w, const float *m, size_t n)
{
    int q = (int)w->q, info = 0;
    memset(w->gram, 0, w->q * w->q * sizeof *w->gram);
    openblas_set_num_threads(w->f->threads);
    /* Row-major n x q is column-major q x n. */
    cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, q, (int)n, 1, m, q, 0, w->gram, q);
    ssyevd_("V", "L", &q, w->gram, &q, w->values, w->work, &w->lwork, w->iwork, &w->liwork, &info,
            1, 1);
    openblas_set_num_threads(1);
    return info ? SG_EINTERNAL : 0;
}

/* y E for the eigenvectors E of y'y, columns scaled to length one: an orthonormal basis;
 * directions without length are left out (w->q falls). */
static int orthonormalise(struct finder *w)
{
    size_t n = w->f->x->items.n, q = w->q, keep = 0;
    int rc = eigen(w, w->y, n);
    if (rc)
        return rc;
    while (keep < q && w->values[q - 1 - keep] > w->values[q - 1] * 1e-6f &&
           w->values[q - 1 - keep] > 0)
        keep++;
    for (size_t k = 0; k < keep; k++)
        cblas_sscal((int)q, 1 / sqrtf(w->values[q - 1 - k]), w->gram + (q - 1 - k) * q, 1);
    openblas_set_num_threads(w->f->threads);
    if (keep)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)keep, (int)q, 1, w->y,
                    (int)q, w->gram + (q - keep) * q, (int)q, 0, w->t, (int)keep);
    openblas_set_num_threads(1);
    float *swap = w->y;
    w->y = w->t;
    w->t = swap;
    w->q = keep;
    return 0;
}

static int iterate(struct finder *w)
{
    int rc = 0;
    for (int i = 0; i < ITERATIONS && !rc && w->q; i++) {
        if ((rc = to_users(w, w->y, w->z)) == 0 && (rc = to_items(w, w->z, w->y)) == 0)
            rc = orthonormalise(w);
        sg_fit_progress(w->f, "spectrum", (double)(i + 1) / (ITERATIONS + 1));
    }
    return rc;
}

/* Rayleigh-Ritz: the singular vectors within the subspace found. */
static int extract(struct finder *w, struct sg_spectrum *s, size_t k)
{
    size_t n = w->f->x->items.n, q = w->q;
    int rc = q ? to_users(w, w->y, w->z) : 0;
    if (!rc && q)
        rc = eigen(w, w->z, w->f->x->users.n);
    if (rc)
        return rc;
    s->k = k < q ? k : q;
    s->sigma = malloc((s->k + 1) * sizeof *s->sigma);
    s->vector = malloc((n * s->k + 1) * sizeof *s->vector);
    float *e = malloc((s->k * q + 1) * sizeof *e); /* k x q, largest first */
    if (!s->sigma || !s->vector || !e) {
        free(e);
        return SG_ENOMEM;
    }
    for (size_t i = 0; i < s->k; i++) {
        s->sigma[i] = sqrtf(fmaxf(w->values[q - 1 - i], 0));
        memcpy(e + i * q, w->gram + (q - 1 - i) * q, q * sizeof *e);
    }
    openblas_set_num_threads(w->f->threads);
    if (s->k)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)s->k, (int)q, 1, w->y,
                    (int)q, e, (int)q, 0, s->vector, (int)s->k);
    openblas_set_num_threads(1);
    free(e);
    return 0;
}

static int finder_open(struct finder *w, size_t k)
{
    const struct sg_interactions *x = w->f->x;
    size_t most = x->users.n < x->items.n ? x->users.n : x->items.n;
    w->q = k + k / 8 + 16;
    w->q = w->q < most ? w->q : most;
    size_t q = w->q;
    w->lwork = (int)(1 + 6 * q + 2 * q * q); /* LAPACK: ssyevd */
    w->liwork = (int)(3 + 5 * q);
    w->y = malloc((x->items.n * q + 1) * sizeof *w->y);
    w->t = malloc((x->items.n * q + 1) * sizeof *w->t);
    w->z = malloc((x->users.n * q + 1) * sizeof *w->z);
    w->gram = malloc((q * q + 1) * sizeof *w->gram);
    w->values = malloc((q + 1) * sizeof *w->values);
    w->work = malloc((size_t)w->lwork * sizeof *w->work);
    w->iwork = malloc((size_t)w->liwork * sizeof *w->iwork);
    if (!w->y || !w->t || !w->z || !w->gram || !w->values || !w->work || !w->iwork)
        return SG_ENOMEM;
    sg_random_normal(w->y, x->items.n * q, w->f->seed);
    return 0;
}

static void finder_close(struct finder *w)
{
    free(w->y);
    free(w->t);
    free(w->z);
    free(w->gram);
    free(w->values);
    free(w->work);
    free(w->iwork);
}

int sg_spectrum_find(struct sg_spectrum *out, const struct sg_fit *f, const float *user_scale,
                     const float *item_scale, size_t k, struct sg_error *e)
{
    struct finder w = {.f = f, .user_scale = user_scale, .item_scale = item_scale};
    struct sg_spectrum s = {0};
    int rc = finder_open(&w, k);
    if (!rc)
        rc = iterate(&w);
    if (!rc)
        rc = extract(&w, &s, k);
    finder_close(&w);
    if (rc) {
        sg_spectrum_free(&s);
        return sg_fail(e, rc, "spectrum of %zu items: %s", f->x->items.n, sg_err_name(rc));
    }
    *out = s;
    return 0;
}

void sg_spectrum_free(struct sg_spectrum *s)
{
    free(s->sigma);
    free(s->vector);
    *s = (struct sg_spectrum){0};
}
