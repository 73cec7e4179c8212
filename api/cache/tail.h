/* tail.h - what other processes write, forgotten here: the change tail of the publication
 * segue_cache, on a temporary replication slot of this process.
 *
 * At every connection all that is kept becomes stale, for nobody told what changed before it.
 * Without one (wal_level, no slot free, the database away) the cache is blind: see cache.h. What
 * a transaction wrote is forgotten once others can read it.
 */
#pragma once
#include "api/cache/cache.h"
#include "api/db/db.h"

struct sg_cache_tail;
int sg_cache_tail_open(struct sg_cache_tail **out, struct sg_cache *cache, struct sg_db *db,
                       const struct sg_config *config, struct sg_error *e);
void sg_cache_tail_close(struct sg_cache_tail *t);
