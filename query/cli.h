/* cli.h - the commands of segue-query. Exit codes: 0 answered, 1 failed, 2 wrong usage. */
#pragma once
#include "core/service.h"

int sg_cli_search(const struct sg_config *c, int argc, char **argv);
int sg_cli_suggest(const struct sg_config *c, int argc, char **argv);
