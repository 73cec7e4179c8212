/* serve.h - the recommender as a service over nng. */
#pragma once
#include "core/config.h"

int sg_recsys_serve(const struct sg_config *config, struct sg_error *e);
