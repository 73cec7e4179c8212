/* train.h - a new model generation from the database, published when complete. */
#pragma once
#include "core/config.h"

/* threads: 0 for one a core. Progress on stderr. */
int sg_recsys_train(const struct sg_config *config, int threads, struct sg_error *e);
