/* fan_out.h - the thread that takes acts out of the outbox and writes them to followers' feeds.
 *
 * Acts and their outbox rows are written by triggers in the act's own transaction; a batch leaves
 * the outbox in the transaction that writes the feeds, so a kill loses and doubles nothing. Any
 * number of processes may run one: rows that another holds are passed over.
 */
#pragma once
#include "api/db/db.h"

struct sg_fan_out;
int sg_fan_out_start(struct sg_fan_out **out, struct sg_db *db, const struct sg_config *config,
                     struct sg_error *e);
/* Waits for the batch under way. NULL: nothing. */
void sg_fan_out_stop(struct sg_fan_out *f);
