/* serve.h - the API as a service: opens its peers, answers until asked to stop. */
#pragma once
#include "core/config.h"

int sg_api_serve(const struct sg_config *config, struct sg_error *e);
