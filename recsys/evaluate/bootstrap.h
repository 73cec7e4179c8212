/* bootstrap.h - means of users' values and how far other users might have moved them. */
#pragma once
#include "recsys/evaluate/evaluate.h"

/* values: n rows of `columns` floats. out: one interval a column: 2.5% and 97.5% of the
 * means of `resamples` draws of n rows with replacement. SG_ENOMEM. */
int sg_bootstrap(const float *values, size_t n, size_t columns, size_t resamples, uint64_t seed,
                 struct sg_interval *out);
