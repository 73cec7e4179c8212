/* cli.h - segue-api user and segue-api keys: accounts and token keys by the operator's hand. */
#pragma once
#include "core/config.h"

extern const char sg_user_command_help[], sg_keys_command_help[];
/* Exit codes: 0 done, 1 failed (also: no such user), 2 wrong usage. */
int sg_user_command(const struct sg_config *config, int argc, char **argv);
int sg_keys_command(const struct sg_config *config, int argc, char **argv);
