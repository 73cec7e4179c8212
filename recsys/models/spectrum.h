/* spectrum.h - the k largest singular values of the normalised plays D_u^-a X D_i^-b and
 * their right vectors: the lowest frequencies of the graph of items. Private to
 * recsys/models.
 *
 * Randomised subspace iteration (Halko, Martinsson, Tropp, "Finding Structure with
 * Randomness", SIAM Review 2011), dense work by BLAS. Deterministic with the seed and the
 * number of threads.
 */
#pragma once
#include "recsys/models/kind.h"

struct sg_spectrum {
    size_t k;      /* at most asked for: the rank when that is less */
    float *sigma;  /* descending */
    float *vector; /* items x k, row-major */
};

/* user_scale, item_scale: what rows and columns are multiplied by. Memory: three matrices of
 * items (or users) x (k + k/8 + 16) floats. SG_ENOMEM, SG_ECANCELED. */
int sg_spectrum_find(struct sg_spectrum *out, const struct sg_fit *f, const float *user_scale,
                     const float *item_scale, size_t k, struct sg_error *e);
void sg_spectrum_free(struct sg_spectrum *s);
