/* redis.h - private to api/cache: the second tier, a Redis that several APIs share.
 *
 *   segue1:e          the epoch: another one, and nothing kept is valid
 *   segue1:n          changes with every artist, album and genre, which other values name
 *   segue1:g:{key}    the key's generation: forgetting a key gives it another, at random
 *   segue1:v:{key}    epoch, names and generation as they were before the value was loaded; value
 *
 * A value is valid while all three are what they were. So whoever read something old before a
 * forget and stores it after leaves a value that nobody takes, without a lock or a script.
 *
 * While Redis is away (refuses, or takes over 100 ms) it is left alone for a second, misses and
 * says so in log and metrics; what should have been forgotten meanwhile makes the first who
 * reaches it again start another epoch. Thread-safe; blocks: never on an event loop.
 */
#pragma once
#include "api/cache/cache.h"

struct cache_redis;
/* where: "host:port", "/path/of/socket" or "redis://[user][:password]@host:port[/number]". */
int cache_redis_open(struct cache_redis **out, const char *where, struct sg_error *e);
void cache_redis_close(struct cache_redis *r);

/* tokens: n, for put. found is told each valid value; a key without one is not. */
void cache_redis_get(struct cache_redis *r, const struct sg_str *keys, size_t n,
                     struct sg_cache_token *tokens, sg_cache_found_fn found, void *ctx);
void cache_redis_put(struct cache_redis *r, struct sg_str key, const struct sg_cache_token *token,
                     struct sg_str value, int64_t ttl_s);
void cache_redis_forget(struct cache_redis *r, struct sg_str key);
void cache_redis_forget_all(struct cache_redis *r);
