/* fold_in.h - the exact vector of one user from her plays, or of one item from its
 * listeners, the other side being fixed: one row of a half-sweep of als.h.
 *
 *   x = (a Y'Y + ridge I + sum c y y')^-1 sum c y
 *
 * a Y'Y, the Gram matrix of the whole other side, is computed once after training and
 * stored beside the model; what is left is n d^2 + d^3 / 3 multiplications: 64 factors and
 * 1,000 plays take about 60 us. Hu, Koren, Volinsky, ICDM 2008, section 4.
 *
 *   segment "SGFOLD01": values: factors, users, items, weighting, floats (a, l, p)
 *     section 0: a V'V (for users), section 1: a U'U (for items), section 2: their XXH3
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include "recsys/als_loss.h"
#include <stddef.h>

struct sg_fold_in; /* immutable, thread-safe */

struct sg_fold_in_source { /* what was trained: rows of `factors` floats, as als.h gives them */
    struct sg_als_loss loss;
    size_t factors; /* 1..512 */
    const float *users, *items;
    size_t n_users, n_items;
};

/* Writes to path atomically. */
int sg_fold_in_write(const char *path, const struct sg_fold_in_source *s, struct sg_error *e);
/* SG_ENOENT, SG_ECORRUPT. */
int sg_fold_in_open(struct sg_fold_in **out, const char *path, struct sg_error *e);
/* Of bytes in memory, which may go away afterwards; what is fuzzed. */
int sg_fold_in_parse(struct sg_fold_in **out, struct sg_str bytes, struct sg_error *e);
void sg_fold_in_close(struct sg_fold_in *f);
size_t sg_fold_in_factors(const struct sg_fold_in *f);

/* What one solution needs while it runs: thread-compatible, any number of times. */
struct sg_fold_in_scratch;
int sg_fold_in_scratch_new(struct sg_fold_in_scratch **out, const struct sg_fold_in *f,
                           struct sg_error *e);
void sg_fold_in_scratch_free(struct sg_fold_in_scratch *s);

/* items[i]: the raw (not normalised) factors of the i-th played item, or NULL for one
 * that the model does not know, which is left out. weight[i]: its plays, > 0; < 0 for what
 * was skipped or disliked. out: `factors` floats, all 0 when no item is known. The score of
 * an item is the inner product with its raw factors. Allocates nothing.
 * SG_EINVAL: a weight or a factor is not finite. */
int sg_fold_in_user(const struct sg_fold_in *f, struct sg_fold_in_scratch *s,
                    const float *const *items, const float *weight, size_t n, float *out,
                    struct sg_error *e);
/* The same for a new item, from the raw factors of who played it. */
int sg_fold_in_item(const struct sg_fold_in *f, struct sg_fold_in_scratch *s,
                    const float *const *users, const float *weight, size_t n, float *out,
                    struct sg_error *e);
