/* als_kernel.h - one row's least squares by conjugate gradients, in the widest vectors that
 * the processor at hand has: 512, 256 or 128 bits, chosen at run time.
 *
 * A few steps from the row's last solution are enough, for the sides alternate anyway:
 * Takacs, Pilaszy, Tikk, "Applications of the Conjugate Gradient Method for Implicit
 * Feedback Collaborative Filtering", RecSys 2011. The matrix is never formed: each step
 * multiplies by  gram p + ridge p + sum c (y.p) y,  the plays' rows staying in cache.
 * Private to recsys.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SG_ALS_PAD = 16 }; /* rows are padded with zeros to a multiple of so many floats */

struct sg_als_row {
    size_t d;          /* a multiple of SG_ALS_PAD */
    const float *gram; /* a Y'Y: d x d, whole */
    float ridge;
    const float *fixed;    /* Y, rows of d floats */
    const uint32_t *other; /* the plays' rows in Y */
    const float *c;        /* their confidences; negative for a play of target 0 */
    size_t plays;
    size_t fetched;       /* so many of these rows are in cache already */
    const uint32_t *next; /* rows soon needed, fetched meanwhile */
    size_t n_next;
    float *x;    /* d floats: the last solution, and the new one */
    float *work; /* 3 d floats: r, p, A p */
};

struct sg_als_kernel {
    const char *name;
    void (*solve)(const struct sg_als_row *row, int steps);
};

/* The i-th kernel that this processor can run, widest first; NULL past the last. */
const struct sg_als_kernel *sg_als_kernel(size_t i);
