/* als.h - implicit-feedback matrix factorisation by alternating least squares.
 *
 * Minimises the loss of als_loss.h. Exact Cholesky solves over BLAS and LAPACK, rows shared
 * out to threads; the same seed gives the same factors whatever the number of threads.
 */
#pragma once
#include "recsys/als_loss.h"
#include "recsys/interactions.h"

struct sg_als_options {
    size_t factors; /* 1..512 */
    int sweeps, threads;
    struct sg_als_loss loss;
    uint64_t seed;
    /* After each sweep; may be NULL. */
    void (*progress)(void *ctx, int sweep, int sweeps);
    void *ctx;
};
#define SG_ALS_DEFAULTS                                                                            \
    {                                                                                              \
        .factors = 64, .sweeps = 10, .threads = 1, .loss = SG_ALS_LOSS_DEFAULTS, .seed = 1         \
    }

struct sg_factors {
    size_t factors;
    float *users, *items; /* rows of `factors` floats in the order of the sides */
};

/* SG_ENOMEM, SG_ECANCELED when sg_stopping(). out is freed by sg_factors_free. */
int sg_als_train(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_factors *out, struct sg_error *e);
void sg_factors_free(struct sg_factors *f);
