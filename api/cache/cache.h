/* cache.h - byte strings kept in memory for a while, by key.
 *
 * Keys as "song:17:metadata". What is kept is evicted by S3-FIFO (Yang et al., "FIFO Queues are
 * All You Need for Cache Eviction", SOSP 2023) within a bound of bytes. A value is fresh for its
 * kind's time to live; then it is loaded anew, by one caller while the others wait. When that
 * fails the old value is good for stale_s more. That there is no such thing is remembered too.
 *
 * Forgetting: a writer calls sg_cache_forget after its commit, before it answers; the change tail
 * does so for what other processes wrote. A value that was read before a forget is not kept
 * after it (leases, as in Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013): loading
 * starts with sg_cache_lease, and sg_cache_put refuses what has been forgotten since.
 *
 * Thread-safe. get, lease, put and forget_here never block; through and forget may (the second
 * tier, loading) and do not belong on an event loop.
 */
#pragma once
#include "core/buf.h"
#include "core/config.h"
#include "core/err.h"

#define SG_CACHE_KEY_MAX 256 /* bytes; longer ones are never kept */

struct sg_cache_kind {
    const char *name;   /* of the metrics: "song" */
    int64_t ttl_s;      /* fresh for so long */
    int64_t negative_s; /* that it does not exist; 0: not remembered */
    int64_t stale_s;    /* and then, while it cannot be loaded */
};
/* The source document's: song:{id}:metadata, user:{id}:profile, playlist:{id}. */
extern const struct sg_cache_kind sg_cache_song, sg_cache_user, sg_cache_playlist;

enum sg_cache_found {
    SG_CACHE_MISS,
    SG_CACHE_FRESH,
    SG_CACHE_STALE,   /* there, past its time: good if it cannot be loaded */
    SG_CACHE_NOTHING, /* it is known that it does not exist */
};

struct sg_cache;
int sg_cache_open(struct sg_cache **out, const struct sg_config *config, struct sg_error *e);
void sg_cache_close(struct sg_cache *c);

/* Appends a fresh or stale value to out. */
enum sg_cache_found sg_cache_get(struct sg_cache *c, const struct sg_cache_kind *kind,
                                 struct sg_str key, struct sg_buf *out);
/* Before loading, then with what was loaded. value.p NULL: there is no such thing. */
uint64_t sg_cache_lease(const struct sg_cache *c);
void sg_cache_put(struct sg_cache *c, const struct sg_cache_kind *kind, struct sg_str key,
                  uint64_t lease, struct sg_str value);

/* The value from here, from the second tier, or from load, whose result is kept: 0, SG_ENOENT, or
 * load's error when nothing stale is left. One caller loads, others wait until deadline_us. */
typedef int (*sg_cache_load)(void *ctx, struct sg_buf *out, struct sg_error *e);
int sg_cache_through(struct sg_cache *c, const struct sg_cache_kind *kind, struct sg_str key,
                     int64_t deadline_us, sg_cache_load load, void *ctx, struct sg_buf *out,
                     struct sg_error *e);

/* A value that names other things keeps its lease and the hashes of their keys: true, one of them
 * may have been forgotten since. */
uint64_t sg_cache_hash(struct sg_str key);
bool sg_cache_forgotten_since(const struct sg_cache *c, uint64_t hash, uint64_t lease);

/* The second tier (api.redis), for who loads many at once. tokens: n, for second_put of what was
 * loaded after; found is told each value that is kept there and good. Both may block. */
#define SG_CACHE_TOKEN 48
struct sg_cache_token {
    char text[SG_CACHE_TOKEN];
    bool known;
};
typedef void (*sg_cache_found_fn)(void *ctx, size_t i, struct sg_str value);
bool sg_cache_has_second(const struct sg_cache *c);
void sg_cache_second_get(struct sg_cache *c, const struct sg_str *keys, size_t n,
                         struct sg_cache_token *tokens, sg_cache_found_fn found, void *ctx);
void sg_cache_second_put(struct sg_cache *c, const struct sg_cache_kind *kind, struct sg_str key,
                         const struct sg_cache_token *token, struct sg_str value);

/* After a commit: in the second tier, then here. */
void sg_cache_forget(struct sg_cache *c, struct sg_str key);
void sg_cache_forgetf(struct sg_cache *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Nothing kept is taken for fresh any more; the second tier begins anew. */
void sg_cache_forget_all(struct sg_cache *c);
/* Blind: nobody tells what others write; then nothing is fresh for longer than 5 s. */
void sg_cache_set_blind(struct sg_cache *c, bool blind);
/* What was committed up to this position of the database's log is forgotten; 0: not known. Before
 * it is: will_follow, and what is loaded from then on must have been read no earlier. */
void sg_cache_will_follow(struct sg_cache *c, uint64_t lsn);
void sg_cache_follows(struct sg_cache *c, uint64_t lsn);
uint64_t sg_cache_position(const struct sg_cache *c);
uint64_t sg_cache_needs(const struct sg_cache *c);

struct sg_cache_state {
    size_t entries, bytes, bytes_max;
};
void sg_cache_state(struct sg_cache *c, struct sg_cache_state *out);
