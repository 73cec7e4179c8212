/* command.h - segue-recsys evaluate. */
#pragma once
#include "core/config.h"

extern const char sg_evaluate_usage[], sg_evaluate_help[];
/* The exit code: 0, 1 failed, 2 wrong usage. */
int sg_evaluate_command(const struct sg_config *config, int argc, char **argv);
