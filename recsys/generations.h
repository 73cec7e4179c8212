/* generations.h - the models that are kept: their end, going back to one, how they are. */
#pragma once
#include "core/config.h"

/* Complete models beyond the newest `keep` go, never the one being served; so do those a
 * killed training left unfinished, and all but the newest refused one. The caller holds LOCK. */
void sg_generations_retire(const char *models, size_t keep);
/* Set aside as refused-<name>: nobody serves it, its files can be looked at. */
void sg_generation_refuse(const char *models, const char *name);

/* Commands: exit codes. rollback [GENERATION]: to that one, or to the newest older than the
 * served one, after checking its files. */
int sg_cmd_model_rollback(const struct sg_config *config, int argc, char **argv);
/* A line a model; 1 when none is published or the published one cannot be read. */
int sg_cmd_model_status(const struct sg_config *config, int argc, char **argv);
