/* rebuild.h - a new generation from a snapshot of the source: build, catch up,
 * gate, publish, retire.
 *
 * The snapshot belongs to a new replication slot's starting point, so the
 * slot's changes begin exactly where the snapshot ends. The work lies in
 * building-*; only what the gate passes becomes gen-* and CURRENT. A rebuild
 * that was killed leaves nothing that the next one does not sweep away.
 */
#pragma once
#include "core/config.h"
#include "index/generation.h"

/* One at a time on an index folder: SG_EBUSY. force: publish whatever the gate
 * says. *refused: built, but kept from being published; e says why. name: the
 * generation's, set when published. */
int sg_rebuild(const struct sg_config *config, bool force, bool *refused,
               char name[SG_GENERATION_NAME], struct sg_error *e);
