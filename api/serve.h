/* serve.h - the API as a service: opens its peers, answers until asked to stop. */
#pragma once
#include "core/config.h"

int sg_api_serve(const struct sg_config *config, struct sg_error *e);
/* Whether it could: opens what a start opens, whoever serves meanwhile, but for journals and what
 * works by itself, and closes it again. Makes the folders and keys that a start makes. bind: the
 * address too, which fails while an API listens there. */
int sg_api_check(const struct sg_config *config, bool bind, struct sg_error *e);
