/* als_loss.h - what the factorisation minimises, in one place for training and fold-in.
 *
 *   sum over plays  c (t - u.v)^2  +  a sum over all pairs (u.v)^2
 *     + l ( sum over users (n_u + a |items|)^p |u|^2  +  the same for items )
 *
 * A play of weight w > 0 has the target t = 1, of w < 0 (skipped, disliked) t = 0; its
 * confidence c grows with |w| as `weighting` says. Sources: Hu, Koren, Volinsky,
 * "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008; frequency-scaled
 * regularisation and the low unobserved weight a: Rendle, Krichene, Zhang, Koren,
 * "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022.
 */
#pragma once
#include <math.h>
#include <stddef.h>

enum sg_als_weighting { /* c of a play of weight w; |w| below 1 counts as 1 in LOG and ROOT */
                        SG_WEIGHTING_LOG,    /* 1 + ln |w| */
                        SG_WEIGHTING_ONE,    /* 1 */
                        SG_WEIGHTING_ROOT,   /* sqrt |w| */
                        SG_WEIGHTING_LINEAR, /* |w| */
                        SG_WEIGHTINGS
};

struct sg_als_loss {
    float unobserved;            /* a >= 0 */
    float regularisation, power; /* l > 0, p */
    enum sg_als_weighting weighting;
};
#define SG_ALS_LOSS_DEFAULTS                                                                       \
    {                                                                                              \
        .unobserved = 0.1f, .regularisation = 0.005f, .power = 1.0f                                \
    }

static inline float sg_als_confidence(const struct sg_als_loss *loss, float weight)
{
    float w = fabsf(weight), atleast1 = w > 1 ? w : 1;
    switch (loss->weighting) {
    case SG_WEIGHTING_ONE:
        return 1;
    case SG_WEIGHTING_ROOT:
        return sqrtf(atleast1);
    case SG_WEIGHTING_LINEAR:
        return w;
    default:
        return 1 + logf(atleast1);
    }
}

/* l (plays + a others)^p: what a row of so many plays adds to its diagonal. */
static inline float sg_als_ridge(const struct sg_als_loss *loss, size_t plays, size_t others)
{
    double frequency = (double)plays + (double)loss->unobserved * (double)others;
    return loss->regularisation * (float)pow(frequency, loss->power) + 1e-6f;
}
