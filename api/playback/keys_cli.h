/* keys_cli.h - segue-api media-keys. */
#pragma once
#include "core/config.h"

extern const char sg_media_keys_command_help[];
int sg_media_keys_command(const struct sg_config *config, int argc, char **argv);
