/* run.h - the service: tails the current generation's source into its delta, for
 * years. Whatever goes wrong, it logs, waits a little longer each time and goes
 * on from the last commit; when only a new generation helps, it has one made by
 * a process of its own.
 */
#pragma once
#include "core/config.h"

int sg_cmd_run(const struct sg_config *config, int argc, char **argv);
