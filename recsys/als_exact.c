/* als_exact.c - see als_exact.h. */
#include "recsys/als_exact.h"
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* LAPACK, Fortran calling convention: the lengths of character arguments come last. */
extern void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info, size_t);
extern void spotrs_(const char *uplo, const int *n, const int *nrhs, const float *a, const int *lda,
                    float *b, const int *ldb, int *info, size_t);

enum { GATHER = 256 };

bool sg_exact_init(struct sg_exact *s, size_t d)
{
    *s = (struct sg_exact){.d = d};
    s->a = malloc(d * d * sizeof(float));
    s->b = malloc(d * sizeof(float));
    s->rows = malloc(GATHER * d * sizeof(float));
    return s->a && s->b && s->rows;
}

void sg_exact_fini(struct sg_exact *s)
{
    free(s->a);
    free(s->b);
    free(s->rows);
    *s = (struct sg_exact){0};
}

void sg_exact_begin(struct sg_exact *s, const float *gram)
{
    memcpy(s->a, gram, s->d * s->d * sizeof *s->a);
    memset(s->b, 0, s->d * sizeof *s->b);
    s->gathered = 0;
}

static void flush(struct sg_exact *s)
{
    int d = (int)s->d;
    if (s->gathered)
        cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, d, (int)s->gathered, 1, s->rows, d, 1,
                    s->a, d);
    s->gathered = 0;
}

void sg_exact_add(struct sg_exact *s, const float *y, float c, bool liked)
{
    float root = sqrtf(c), *row = s->rows + s->gathered * s->d;
    for (size_t f = 0; f < s->d; f++)
        row[f] = root * y[f];
    if (liked)
        for (size_t f = 0; f < s->d; f++)
            s->b[f] += c * y[f];
    if (++s->gathered == GATHER)
        flush(s);
}

bool sg_exact_solve(struct sg_exact *s, float ridge, float *x)
{
    int d = (int)s->d, one = 1, info;
    flush(s);
    for (size_t f = 0; f < s->d; f++)
        s->a[f * (s->d + 1)] += ridge;
    spotrf_("L", &d, s->a, &d, &info, 1);
    if (info)
        return false;
    spotrs_("L", &d, &one, s->a, &d, s->b, &d, &info, 1);
    memcpy(x, s->b, s->d * sizeof *x);
    return info == 0;
}
