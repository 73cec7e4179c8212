/* lock.h - one import at a time: two would only wait for each other's rows.
 *
 * A session of the database holds the lock, so that a killed import's goes with it;
 * ending such a session (its temporary tables) may take the server a while.
 */
#pragma once
#include "core/pg.h"
#include <stdbool.h>

/* Waits while another import holds it, after saying on stderr who does; SG_EBUSY when not
 * to wait, SG_ECANCELED when told to stop meanwhile. */
int sg_import_lock(PGconn *c, bool wait, struct sg_error *e);
/* At once, not when the server has ended the session. */
void sg_import_unlock(PGconn *c);
