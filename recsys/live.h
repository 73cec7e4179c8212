/* live.h - plays, skips, feedback and follows as they happen, from the change tail into the
 * trends and the people at hand.
 *
 * At every (re)connection: a slot with its snapshot; the plays of the last eight
 * half-lives by COPY in that snapshot, then the tail from the slot's own start:
 * each play is counted once, and a restart rebuilds the same counters from the
 * database. People (people/people.h) are read anew when asked for after that. Without a
 * database the trends stay as they are, people as last known, and it tries again.
 */
#pragma once
#include "core/config.h"
#include "recsys/people/people.h"
#include "recsys/trends.h"

struct sg_live;
int sg_live_start(struct sg_live **out, const struct sg_config *config, struct sg_error *e);
void sg_live_stop(struct sg_live *l);
/* The present counters, valid until given back: a reload makes new ones aside. */
struct sg_trends *sg_live_take(struct sg_live *l);
void sg_live_give(struct sg_live *l);
/* What each listener did; l's own. */
struct sg_people *sg_live_people(struct sg_live *l);
/* Bytes behind the database; -1: not connected. */
int64_t sg_live_lag(struct sg_live *l);
