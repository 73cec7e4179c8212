/* status.h - how the index folder, its generations and their slots are. */
#pragma once
#include "core/config.h"

int sg_cmd_status(const struct sg_config *config, int argc, char **argv);
