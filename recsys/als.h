/* als.h - implicit-feedback matrix factorisation by alternating least squares.
 *
 * Minimises the loss of als_loss.h. A sweep solves every item's row from the users, then
 * every user's row from the items, so that in the end a user's row is what fold_in.h makes
 * of her plays. Rows are shared out to threads by their number of plays; the same seed
 * gives the same factors whatever the number of threads (on processors of one kind:
 * wider vectors round differently).
 *
 * Solvers: conjugate gradients, a few steps from the last sweep's row (als_kernel.h), or
 * Cholesky's exact solution (als_exact.h), dearer by the factors' square.
 */
#pragma once
#include "recsys/als_loss.h"
#include "recsys/interactions.h"
#include <stdbool.h>

enum sg_als_solver { SG_ALS_CONJUGATE, SG_ALS_CHOLESKY };

struct sg_factors {
    size_t factors, stride; /* a row's floats, and from one row to the next */
    float *users, *items;   /* in the order of the sides */
};

struct sg_als_options {
    size_t factors;      /* 1..512 */
    int sweeps, threads; /* threads: 1..64 */
    struct sg_als_loss loss;
    enum sg_als_solver solver;
    int steps; /* of conjugate gradients, a row and sweep: 1.. */
    uint64_t seed;
    /* A file to go on from when the training is interrupted, NULL for none: written after a
     * sweep when checkpoint_every_us have passed since the last time, and when stopping. One
     * that is broken, or of other plays or options, is told in the log and not used. Removed
     * when the training is complete. */
    const char *checkpoint;
    int64_t checkpoint_every_us;
    /* After each sweep; may be NULL. `enough` sees the factors as they are and ends the
     * training early by true. */
    void (*progress)(void *ctx, int sweep, int sweeps);
    bool (*enough)(void *ctx, const struct sg_factors *now, int sweep);
    void *ctx;
};
#define SG_ALS_DEFAULTS                                                                            \
    {                                                                                              \
        .factors = 64, .sweeps = 10, .threads = 1, .loss = SG_ALS_LOSS_DEFAULTS, .steps = 3,       \
        .seed = 1                                                                                  \
    }

/* SG_EINVAL, SG_ENOMEM, SG_ECANCELED when sg_stopping(). out, with stride == factors, is
 * freed by sg_factors_free. */
int sg_als_train(const struct sg_interactions *x, const struct sg_als_options *o,
                 struct sg_factors *out, struct sg_error *e);
void sg_factors_free(struct sg_factors *f);
