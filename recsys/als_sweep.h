/* als_sweep.h - half a sweep: every row of one side, the other side being fixed.
 * Private to recsys. */
#pragma once
#include "recsys/als.h"

struct sg_half_sweep {
    const struct sg_als_options *o;
    const struct sg_side *side; /* the rows solved for */
    const float *fixed;         /* the other side's rows, `stride` floats each */
    size_t n_fixed, stride; /* stride: a multiple of SG_ALS_PAD; what is beyond `factors` is 0 */
    float *solved;          /* `stride` floats a row: the last solution, and the new one */
};

/* SG_ENOMEM; SG_EINVAL when a matrix is not positive definite. */
int sg_half_sweep(const struct sg_half_sweep *h, struct sg_error *e);
