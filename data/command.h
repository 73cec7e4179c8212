/* command.h - the commands of segue-data. Private to this folder. */
#pragma once
#include "core/service.h"

int sg_data_migrate(const struct sg_config *config, int argc, char **argv);
int sg_data_generate(const struct sg_config *config, int argc, char **argv);
int sg_data_sound(const struct sg_config *config, int argc, char **argv);
int sg_data_searches(const struct sg_config *config, int argc, char **argv);
int sg_data_key(const struct sg_config *config, int argc, char **argv);
int sg_data_import(const struct sg_config *config, int argc, char **argv);
int sg_data_masterkey(const struct sg_config *config, int argc, char **argv);
int sg_data_objects(const struct sg_config *config, int argc, char **argv);
int sg_data_journals(const struct sg_config *config, int argc, char **argv);

extern const char sg_data_generate_help[], sg_data_sound_help[], sg_data_import_help[],
    sg_data_searches_help[], sg_data_key_help[], sg_data_masterkey_help[], sg_data_objects_help[],
    sg_data_journals_help[];

/* Says what went wrong on stderr; the exit code 1, or 2 for wrong usage. */
int sg_data_failed(const char *command, const struct sg_error *e);
int sg_data_misused(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
