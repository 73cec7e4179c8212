/* serve.h - the worker: takes jobs until it is stopped. */
#pragma once
#include "core/config.h"

int sg_worker_serve(const struct sg_config *c, struct sg_error *e);
