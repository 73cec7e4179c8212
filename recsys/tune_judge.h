/* tune_judge.h - NDCG@20 of factors for some listeners' held-out plays. Private to recsys. */
#pragma once
#include "recsys/als.h"
#include "recsys/input/split.h"

struct sg_tune_judge { /* set by its owner */
    const struct sg_split *split;
    size_t listeners; /* at most so many, spread evenly */
    int threads;
};
/* f: of split->train. SG_ENOMEM, SG_ECANCELED. */
int sg_tune_judge(const struct sg_tune_judge *j, const struct sg_factors *f, float *score);
