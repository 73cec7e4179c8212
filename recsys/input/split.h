/* split.h - plays into what models learn from and what they are asked for.
 *
 * A question is somebody's known items and the items held back, which a model should rank
 * first among all others. Everything is deterministic with the seed.
 */
#pragma once
#include "recsys/input/pairs.h"
#include "recsys/models/scorer.h"

struct sg_question {
    uint64_t user;
    struct sg_row given;   /* what the model is told; never recommended again */
    const uint32_t *items; /* held back, as numbers of train.items, ascending */
    size_t n;
    size_t relevant; /* held back in all: those that train does not know are missed by all */
};
struct sg_split {
    struct sg_interactions train;
    struct sg_question *questions; /* by user, ascending */
    size_t n;
    uint32_t *items, *given; /* what questions point into; given, ones: NULL when they are
                                rows of train */
    float *ones;
    size_t cold; /* users held back who are unknown to train: not asked */
};

enum sg_split_kind {
    SG_SPLIT_RANDOM, /* a fraction of all pairs */
    SG_SPLIT_LAST,   /* everybody's last one, by time, who has more than one */
    SG_SPLIT_TIME    /* the latest fraction of all pairs */
};
struct sg_split_options {
    enum sg_split_kind kind;
    double fraction; /* 0 < fraction < 1 */
    uint64_t seed;
};
/* p: merged. SG_EINVAL (no times, nothing left to learn or to ask), SG_ENOMEM. */
int sg_split_pairs(struct sg_split *out, const struct sg_pairs *p, const struct sg_split_options *o,
                   struct sg_error *e);
/* The two parts as given, both merged. */
int sg_split_given(struct sg_split *out, const struct sg_pairs *train, const struct sg_pairs *test,
                   struct sg_error *e);
/* A random fraction of x's own pairs. */
int sg_split_interactions(struct sg_split *out, const struct sg_interactions *x, double fraction,
                          uint64_t seed, struct sg_error *e);
void sg_split_free(struct sg_split *s);

/* The pairs as a matrix. SG_ENOMEM. */
int sg_pairs_learn(struct sg_interactions *x, const struct sg_pairs *p, struct sg_error *e);

/* The row number of an id in a side, or SIZE_MAX. */
size_t sg_side_find(const struct sg_side *side, uint64_t id);
