/* als.h - implicit-feedback matrix factorisation by alternating least squares.
 *
 * Minimises  sum over plays c (1 - u.v)^2  +  a sum over all pairs (u.v)^2
 *          + l ( sum over users (n_u + a |items|)^p |u|^2 + the same for items )
 * with c = 1 + log(weight). Sources: Hu, Koren, Volinsky, "Collaborative Filtering
 * for Implicit Feedback Datasets", ICDM 2008; the frequency-scaled
 * regularisation and the low unobserved weight a from Rendle, Krichene, Zhang,
 * Koren, "Revisiting the Performance of iALS", RecSys 2022. Exact Cholesky
 * solves over BLAS and LAPACK, rows shared out to threads; the same seed gives
 * the same factors whatever the number of threads.
 */
#pragma once
#include "recsys/interactions.h"

struct sg_als_options {
    size_t factors; /* 1..512 */
    int sweeps, threads;
    float unobserved;            /* a */
    float regularisation, power; /* l, p */
    uint64_t seed;
    /* After each sweep; may be NULL. */
    void (*progress)(void *ctx, int sweep, int sweeps);
    void *ctx;
};
#define SG_ALS_DEFAULTS                                                                            \
    {                                                                                              \
        .factors = 64, .sweeps = 10, .threads = 1, .unobserved = 0.1f, .regularisation = 0.005f,   \
        .power = 1.0f, .seed = 1                                                                   \
    }

struct sg_factors {
    size_t factors;
    float *users, *items; /* rows of `factors` floats in the order of the sides */
};

/* SG_ENOMEM, SG_ECANCELED when sg_stopping(). out is freed by sg_factors_free. */
int sg_als_train(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_factors *out, struct sg_error *e);
void sg_factors_free(struct sg_factors *f);
