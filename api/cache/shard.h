/* shard.h - private to api/cache: one part of the cache, evicted by S3-FIFO. Thread-compatible.
 *
 *            new                 seen twice                 not seen again
 *   ---------> [ small, 10% ] ------------> [ main, 90% ] ----------------> gone
 *                    |                        ^    |__|
 *                    | not seen               |    seen: to the head, once less
 *                    v                        |
 *             [ ghosts: hashes ] ------------'  comes back while remembered
 *
 * Yang, Zhang, Qiu, Yue, Rashmi: "FIFO Queues are All You Need for Cache Eviction", SOSP 2023,
 * algorithm 1. A hit writes two bits and moves nothing.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct shard_entry {
    struct shard_entry *next_same;     /* of the hash bucket */
    struct shard_entry *older, *newer; /* of its queue */
    uint64_t hash;
    int64_t stored_us;
    uint64_t lease;
    uint8_t seen; /* 0 to 3 times */
    bool in_main, exists;
    uint16_t key_n;
    uint32_t value_n;
    char bytes[]; /* key, value */
};

struct shard_queue {
    struct shard_entry *oldest, *newest;
    size_t bytes, n;
};
struct shard_ghost {
    uint32_t mark, at; /* hash, count of ghosts when it came; at 0: none */
};
struct shard {
    struct shard_entry **buckets;
    struct shard_ghost *ghosts;
    size_t n_buckets, n_ghosts; /* powers of two */
    struct shard_queue small, main;
    size_t bytes_max;
    uint32_t ghost_count;
    uint64_t evictions;
};

int shard_init(struct shard *s, size_t bytes_max, struct sg_error *e);
void shard_fini(struct shard *s);
/* NULL when there is none; the entry until the next call. Counts as seen. */
struct shard_entry *shard_find(struct shard *s, uint64_t hash, struct sg_str key);
/* stored_us and lease are the caller's. Instead of what the key had. value.p NULL: exists is false.
 * Too large or out of memory: none. */
struct shard_entry *shard_put(struct shard *s, uint64_t hash, struct sg_str key,
                              struct sg_str value);
bool shard_remove(struct shard *s, uint64_t hash, struct sg_str key);

static inline struct sg_str shard_value(const struct shard_entry *x)
{
    return (struct sg_str){x->bytes + x->key_n, x->value_n};
}
