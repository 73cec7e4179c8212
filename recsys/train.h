/* train.h - a new model generation from the database, published through the gate. */
#pragma once
#include "core/config.h"

struct sg_train_options {
    int threads;     /* 0: one a core */
    bool force;      /* publish what the gate refuses */
    int64_t tune_us; /* look for parameters so long first; 0: no */
    /* Songs' factors trained elsewhere and their ids (train/own_factors.h); NULL: none. */
    const char *factors, *ids;
};
/* Progress on stderr. SG_ELIMIT with *refused: the gate said no, the folder stays unpublished
 * as refused-<name>. */
int sg_recsys_train(const struct sg_config *config, const struct sg_train_options *o, bool *refused,
                    struct sg_error *e);
