/* parameters.h - with which parameters a model is trained: looked for now, as the last
 * search found them (<recsys.dir>/tuned.seg), or the defaults for so many plays. */
#pragma once
#include "core/config.h"
#include "recsys/als.h"
#include <limits.h>

struct sg_train_parameters {
    struct sg_als_options als; /* points to checkpoint below: not to be copied */
    char checkpoint[PATH_MAX];
};

/* tune_us: how long to search; 0: not at all. Progress on stderr. */
int sg_train_parameters(struct sg_train_parameters *p, const struct sg_config *config,
                        const struct sg_interactions *plays, int threads, int64_t tune_us,
                        struct sg_error *e);
/* "10m", "90s", "1h": 1 s to a week. False otherwise. */
bool sg_tune_duration(struct sg_str text, int64_t *us);
