/* commands.h - the short commands of segue-indexer: rebuild, rollback, gate. */
#pragma once
#include "core/config.h"

/* Exit codes: 0 published, 1 failed or another one runs, 3 refused by the gate. */
int sg_cmd_rebuild(const struct sg_config *config, int argc, char **argv);
/* rollback [NAME]: CURRENT goes to the named generation, else to the newest one
 * older than it. Refuses what is corrupt. */
int sg_cmd_rollback(const struct sg_config *config, int argc, char **argv);
/* gate [NAME]: checks a generation, else the current one, as if it were to be published. */
int sg_cmd_gate(const struct sg_config *config, int argc, char **argv);
