/* als_exact.h - one row's least squares solved exactly: by training and by fold-in.
 *
 *   (gram + ridge I + sum c y y') x = sum over targets of 1  c y
 *
 * by BLAS and LAPACK (Cholesky). Private to recsys.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct sg_exact { /* thread-compatible; rows gathered, then added to A in blocks */
    size_t d, gathered;
    float *a, *b, *rows; /* d x d lower triangle, d, blocks of rows x d */
};

bool sg_exact_init(struct sg_exact *s, size_t d); /* false: out of memory; fini all the same */
void sg_exact_fini(struct sg_exact *s);
/* gram: d x d, its lower triangle by columns (as BLAS has it). */
void sg_exact_begin(struct sg_exact *s, const float *gram);
/* y: d floats; c >= 0. */
void sg_exact_add(struct sg_exact *s, const float *y, float c, bool liked);
/* x: d floats. False when the matrix is not positive definite. */
bool sg_exact_solve(struct sg_exact *s, float ridge, float *x);
