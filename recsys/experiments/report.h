/* report.h - what came of the experiments, for people and as JSON. */
#pragma once
#include "core/config.h"
#include <stdio.h>

struct sg_report_options {
    const char *experiment; /* NULL: all */
    int days;               /* of exposures looked at */
    int within_h;           /* a play counts so long after its song was shown */
    bool json;
};
int sg_experiments_report(const struct sg_config *config, const struct sg_report_options *o,
                          FILE *to, struct sg_error *e);
/* The same as a command, to standard output. */
int sg_experiments_report_command(const struct sg_config *config, int argc, char **argv);
