/* evaluate.h - how well a fitted model ranks what was held back, over all items.
 *
 * No sampled measures (Krichene and Rendle, "On Sampled Metrics for Item Recommendation",
 * KDD 2020): every item not given is ranked. Intervals are 95% percentiles of a bootstrap
 * over users (Efron 1979), so that they tell what other users would have changed.
 */
#pragma once
#include "recsys/evaluate/metrics.h"
#include "recsys/input/split.h"

struct sg_evaluate_options {
    size_t k;         /* length of the lists, 1..SG_LIST_DEPTH */
    int threads;      /* 1..64 */
    size_t resamples; /* of the bootstrap; 0: no intervals */
    uint64_t seed;
    void (*progress)(void *ctx, const char *step, double done); /* may be NULL */
    void *ctx;
};
#define SG_EVALUATE_DEFAULTS                                                                       \
    {                                                                                              \
        .k = 20, .threads = 1, .resamples = 1000, .seed = 1                                        \
    }

struct sg_interval {
    double mean, low, high; /* without resamples low = high = mean */
};
struct sg_evaluation {
    struct sg_interval measure[SG_MEASURES];
    double coverage; /* share of the items of the training part in anybody's list */
    size_t n;        /* users asked */
    uint64_t *user;  /* ascending */
    float (*value)[SG_MEASURES];
};

/* Ranks for every question of the split. The same options give the same figures whatever the
 * number of threads. SG_EINVAL, SG_ENOMEM, SG_ECANCELED. */
int sg_evaluate(struct sg_evaluation *out, const struct sg_scorer *s, const struct sg_split *split,
                const struct sg_evaluate_options *o, struct sg_error *e);
void sg_evaluation_free(struct sg_evaluation *v);

/* a's measure less b's over the users both were asked for, with its interval: above noise
 * when low > 0. n of neither: all zero. SG_ENOMEM. */
int sg_evaluation_compare(const struct sg_evaluation *a, const struct sg_evaluation *b,
                          enum sg_measure m, const struct sg_evaluate_options *o,
                          struct sg_interval *out, struct sg_error *e);
/* Runs of other seeds as one: every user's mean over the runs that asked her, coverage the
 * mean. SG_ENOMEM. */
int sg_evaluation_pool(struct sg_evaluation *out, const struct sg_evaluation *runs, size_t n,
                       const struct sg_evaluate_options *o, struct sg_error *e);
