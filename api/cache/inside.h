/* inside.h - private to api/cache: what its files share. */
#pragma once
#include "api/cache/cache.h"
#include "api/cache/flight.h"
#include "api/cache/redis.h"
#include "api/cache/shard.h"
#include "core/metrics.h"
#include <stdatomic.h>

enum { CACHE_SHARDS = 16, CACHE_STRIPES = 65536 };

struct cache_part {
    pthread_mutex_t lock;
    struct shard shard;
    uint64_t told_evictions;
};
struct sg_cache {
    struct cache_part parts[CACHE_SHARDS];
    _Atomic uint64_t forgets;                  /* so far */
    _Atomic uint64_t forgotten[CACHE_STRIPES]; /* the last one's number, by hash */
    _Atomic uint64_t all_forgotten;            /* likewise, of all */
    atomic_bool blind;
    _Atomic uint64_t position, needs;
    struct flights flights;
    struct cache_redis *redis; /* NULL: there is no second tier */
    struct sg_metric *gets[4], *refused, *entries, *bytes, *evicted;
};

/* Here only. */
void cache_forget_here(struct sg_cache *c, struct sg_str key);
