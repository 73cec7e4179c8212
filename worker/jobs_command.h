/* jobs_command.h - `segue-worker jobs`: what is queued, and what is among the dead letters. */
#pragma once
#include "core/config.h"

extern const char sg_jobs_help[];
int sg_jobs_command(const struct sg_config *c, int argc, char **argv);
