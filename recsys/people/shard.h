/* shard.h - some of the people at hand, under one lock; private to recsys/people.
 *
 * A chained table and a list by last use. All is called with the lock held.
 */
#pragma once
#include "core/buf.h"
#include "recsys/people/people.h"
#include <pthread.h>
#include <stdatomic.h>

struct packed {
    atomic_int references;
    uint64_t version;
    size_t n;
    char bytes[];
};
struct entry {
    uint64_t user_id;
    struct entry *chain, *newer, *older;
    struct packed *packed; /* NULL: being read for the first time */
    uint64_t epoch;        /* of the reading */
    uint64_t below;        /* of the reading: struct sg_people_seen */
    uint64_t *running;     /* malloc'ed; NULL: none */
    size_t n_running;
    int64_t read_us;
    uint32_t changes; /* told of, whether applied or not */
    uint32_t readers; /* reading it now: it stays */
    bool stale;
};
/* Changes told of last, in turn. */
#define SHARD_TOLD 64
struct told {
    uint64_t user_id, xid;
};
struct shard {
    pthread_mutex_t lock;
    struct entry **table;
    size_t n, cap; /* cap a power of two */
    struct entry *newest, *oldest;
    size_t bytes;
    uint64_t loads, evictions;
    struct sg_arena arena; /* of changes, under the lock */
    struct sg_buf buf;
    struct told told[SHARD_TOLD];
    size_t n_told;
};

static inline uint64_t shard_hash(uint64_t user_id)
{
    return user_id * 0x9e3779b97f4a7c15u;
}
bool shard_init(struct shard *h); /* false: no memory; fini all the same */
void shard_fini(struct shard *h);
/* Where the entry is, or would be in its chain. */
struct entry **shard_find(struct shard *h, uint64_t user_id);
/* NULL: no memory. A new one is in no list of use before entry_used. */
struct entry *shard_find_or_add(struct shard *h, uint64_t user_id);
void shard_drop(struct shard *h, struct entry *x);

void packed_give(struct packed *p); /* NULL too; needs no lock */
/* Takes p; NULL: none. */
void entry_set_packed(struct shard *h, struct entry *x, struct packed *p);
void entry_set_seen(struct shard *h, struct entry *x, const struct sg_people_seen *seen);
bool entry_has_seen(const struct entry *x, uint64_t xid);
void entry_used(struct shard *h, struct entry *x);
void shard_tell(struct shard *h, uint64_t user_id, uint64_t xid); /* that a change was told */
/* One was told of the entry's user that its reading did not see. */
bool entry_lacks_told(const struct shard *h, const struct entry *x);
