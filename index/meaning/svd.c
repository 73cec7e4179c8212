/* svd.c - randomised subspace iteration on A'A (Halko, Martinsson, Tropp, "Finding
 * Structure with Randomness", SIAM Review 2011, algorithm 4.4), a row of A at a time,
 * so that only columns x dimensions are held. Q is kept as rows of l floats per column
 * of A, which is LAPACK's l x columns, orthonormalised by LQ. */
#include "core/service.h"
#include "index/meaning/format.h"
#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

extern void sgelqf_(const int *m, const int *n, float *a, const int *lda, float *tau, float *work,
                    const int *lwork, int *info);
extern void sorglq_(const int *m, const int *n, const int *k, float *a, const int *lda,
                    const float *tau, float *work, const int *lwork, int *info);
extern void ssyev_(const char *jobz, const char *uplo, const int *n, float *a, const int *lda,
                   float *w, float *work, const int *lwork, int *info, size_t, size_t);

enum {
    THREADS = 2,
    BLOCK = 1024,
    OVERSAMPLE = 8,
    ITERATIONS = 3,
    L_MAX = SG_MEANING_DIMENSIONS_MAX + OVERSAMPLE + 8
};

bool meaning_row_open(struct meaning_row *row, size_t widest)
{
    *row = (struct meaning_row){malloc((widest + 1) * sizeof *row->columns),
                                malloc((widest + 1) * sizeof *row->values), 0};
    return row->columns && row->values;
}

void meaning_row_close(struct meaning_row *row)
{
    free(row->columns);
    free(row->values);
}

/* A share of the rows, each THREADS-th block: the sums do not depend on who is faster. */
struct share {
    const struct meaning_matrix *m;
    size_t l, first;
    const float *q;
    float *to;
    bool done;
};

static void apply_row(const struct share *s, const struct meaning_row *row)
{
    float y[L_MAX] = {0};
    for (size_t i = 0; i < row->n; i++) {
        const float *from = s->q + row->columns[i] * s->l;
        for (size_t k = 0; k < s->l; k++)
            y[k] += row->values[i] * from[k];
    }
    for (size_t i = 0; i < row->n; i++) {
        float *at = s->to + row->columns[i] * s->l;
        for (size_t k = 0; k < s->l; k++)
            at[k] += row->values[i] * y[k];
    }
}

static void *apply_share(void *ctx)
{
    struct share *s = ctx;
    struct meaning_row row;
    s->done = meaning_row_open(&row, s->m->widest);
    for (size_t b = s->first; s->done && b < s->m->rows; b += THREADS * BLOCK)
        for (size_t r = b; r < b + BLOCK && r < s->m->rows; r++) {
            s->m->row(s->m->ctx, r, &row);
            apply_row(s, &row);
        }
    meaning_row_close(&row);
    return NULL;
}

/* to (THREADS matrices, the sum in the first) = A'A q */
static bool apply(const struct meaning_matrix *m, size_t l, const float *q, float *to)
{
    size_t n = m->columns * l;
    struct share share[THREADS];
    pthread_t thread[THREADS];
    bool started[THREADS] = {0}, done = true;
    memset(to, 0, THREADS * n * sizeof *to);
    for (size_t t = 0; t < THREADS; t++) {
        share[t] = (struct share){m, l, t * BLOCK, q, to + t * n, false};
        started[t] = t && !pthread_create(&thread[t], NULL, apply_share, &share[t]);
    }
    for (size_t t = 0; t < THREADS; t++)
        if (!started[t])
            apply_share(&share[t]);
    for (size_t t = 0; t < THREADS; t++)
        if (started[t])
            pthread_join(thread[t], NULL);
    for (size_t t = 0; t < THREADS; t++) {
        done &= share[t].done;
        for (size_t i = 0; t && i < n; i++)
            to[i] += share[t].to[i];
    }
    return done;
}

static bool orthonormalise(float *q, size_t columns, size_t l)
{
    int m = (int)l, n = (int)columns, info = 0, lwork = 64 * m;
    float tau[L_MAX], *work = malloc((size_t)lwork * sizeof *work);
    if (!work)
        return false;
    sgelqf_(&m, &n, q, &m, tau, work, &lwork, &info);
    if (!info)
        sorglq_(&m, &n, &m, q, &m, tau, work, &lwork, &info);
    free(work);
    return !info;
}

/* Eigenvectors of q'(A'A)q, ascending, as LAPACK leaves them in b (columns). */
static bool solve_small(const float *q, const float *z, size_t columns, size_t l, float *b,
                        float *values)
{
    int n = (int)l, info = 0, lwork = 40 * n;
    float *work = malloc((size_t)lwork * sizeof *work);
    if (!work)
        return false;
    cblas_sgemm(CblasColMajor, CblasNoTrans, CblasTrans, n, n, (int)columns, 1, q, n, z, n, 0, b,
                n);
    for (size_t i = 0; i < l; i++) /* symmetric but for rounding */
        for (size_t k = 0; k < i; k++)
            b[i * l + k] = b[k * l + i] = (b[i * l + k] + b[k * l + i]) / 2;
    ssyev_("V", "L", &n, b, &n, values, work, &lwork, &info, 1, 1);
    free(work);
    return !info;
}

/* The sign of a singular vector is arbitrary: its largest component is made positive. */
static void turn(float *out, size_t columns, size_t d)
{
    for (size_t k = 0; k < d; k++) {
        float most = 0;
        for (size_t c = 0; c < columns; c++)
            most = fabsf(out[c * d + k]) > fabsf(most) ? out[c * d + k] : most;
        for (size_t c = 0; c < columns && most < 0; c++)
            out[c * d + k] = -out[c * d + k];
    }
}

static void project(const float *q, size_t columns, size_t l, const float *b, const float *values,
                    size_t d, size_t skip, float power, float *out)
{
    float w[L_MAX * SG_MEANING_DIMENSIONS_MAX];
    for (size_t k = 0; k < d; k++) {
        size_t from = l > k + skip ? l - 1 - k - skip : 0;
        bool there = l > k + skip && values[from] > 0;
        float scale = there ? powf(values[from], power / 2) : 0;
        for (size_t i = 0; i < l; i++)
            w[k * l + i] = scale * b[from * l + i];
    }
    cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)d, (int)columns, (int)l, 1, w, (int)l,
                q, (int)l, 0, out, (int)d);
    turn(out, columns, d);
}

static void fill_random(float *q, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        q[i] = (float)(int64_t)meaning_random(seed + i) * 0x1p-63f;
}

int meaning_svd(const struct meaning_matrix *m, size_t d, size_t skip, float power, uint64_t seed,
                float **out, struct sg_error *e)
{
    size_t l = d + skip + OVERSAMPLE < m->columns ? d + skip + OVERSAMPLE : m->columns;
    float *q = malloc(m->columns * l * sizeof *q),
          *sums = malloc(THREADS * m->columns * l * sizeof *sums);
    float b[L_MAX * L_MAX], values[L_MAX];
    int rc = q && sums && (*out = malloc(m->columns * d * sizeof **out))
                 ? 0
                 : sg_fail(e, SG_ENOMEM, "%zu terms", m->columns);
    if (!rc)
        fill_random(q, m->columns * l, seed);
    bool good = !rc && orthonormalise(q, m->columns, l);
    for (int i = 0; !rc && good && i < ITERATIONS; i++) {
        if (sg_stopping())
            rc = sg_fail(e, SG_ECANCELED, "stopped");
        good = apply(m, l, q, sums);
        memcpy(q, sums, m->columns * l * sizeof *q);
        good = good && orthonormalise(q, m->columns, l);
    }
    if (!rc && good)
        good = apply(m, l, q, sums) && solve_small(q, sums, m->columns, l, b, values);
    if (!rc && !good)
        rc = sg_fail(e, SG_EINTERNAL, "meaning: the factorisation failed");
    if (!rc)
        project(q, m->columns, l, b, values, d, skip, power, *out);
    free(q);
    free(sums);
    return rc;
}
