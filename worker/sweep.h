/* sweep.h - what nobody names any more goes from the object store, once an hour, by one worker.
 */
#pragma once
#include "core/objects/objects.h"

struct sg_sweep;
/* A thread with a connection of its own. c and o outlive it. */
int sg_sweep_start(struct sg_sweep **out, const struct sg_config *c, struct sg_objects *o,
                   struct sg_error *e);
void sg_sweep_stop(struct sg_sweep *s); /* NULL: nothing */
