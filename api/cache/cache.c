/* cache.c - see cache.h: shards behind locks, what is fresh, and leases.
 *
 * A lease is the number of forgets so far; each stripe of hashes knows the number of its last one.
 * So keys that were never kept cost nothing, one lease is good for everything read after it, and
 * another key of the stripe that is forgotten meanwhile only costs one value its place.
 */
#include "api/cache/inside.h"
#include "core/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

static const int64_t blind_us = 5000000;

#define HOUR 3600
const struct sg_cache_kind sg_cache_song = {"song", HOUR, 30, 24 * HOUR};
const struct sg_cache_kind sg_cache_user = {"user", HOUR / 2, 0, HOUR};
const struct sg_cache_kind sg_cache_playlist = {"playlist", HOUR / 4, 10, HOUR};

uint64_t sg_cache_hash(struct sg_str key)
{
    return XXH3_64bits(key.p, key.n);
}

static struct cache_part *part_of(struct sg_cache *c, uint64_t hash)
{
    return &c->parts[hash >> 60];
}

/* A stripe lies within one part, whose lock guards its writing. */
static size_t stripe_of(uint64_t hash)
{
    return hash >> 48;
}

static void make_metrics(struct sg_cache *c)
{
    static const char *const names[] = {"segue_cache_misses_total", "segue_cache_hits_total",
                                        "segue_cache_stale_total", "segue_cache_nothing_total"};
    static const char *const helps[] = {"Looked for in the cache and not found",
                                        "Found in the cache", "Found past its time",
                                        "Found that there is no such thing"};
    for (size_t i = 0; i < 4; i++)
        c->gets[i] = sg_metric_new(SG_COUNTER, names[i], helps[i], "kind");
    c->refused = sg_metric_new(SG_COUNTER, "segue_cache_refused_total",
                               "Values not kept, for they were forgotten while loaded", "kind");
    c->entries = sg_metric_new(SG_GAUGE, "segue_cache_entries", "Values kept", NULL);
    c->bytes = sg_metric_new(SG_GAUGE, "segue_cache_bytes", "What they take", NULL);
    c->evicted = sg_metric_new(SG_COUNTER, "segue_cache_evictions_total",
                               "Values that made room for others", NULL);
}

int sg_cache_open(struct sg_cache **out, const struct sg_config *config, struct sg_error *e)
{
    struct sg_cache *c = calloc(1, sizeof *c);
    if (!c)
        return sg_fail(e, SG_ENOMEM, "cache");
    int rc = 0;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        pthread_mutex_init(&c->parts[i].lock, NULL);
        if (!rc)
            rc = shard_init(&c->parts[i].shard, ((size_t)config->api.cache_mb << 20) / CACHE_SHARDS,
                            e);
    }
    if (!rc && *config->api.redis)
        rc = cache_redis_open(&c->redis, config->api.redis, e);
    flights_init(&c->flights);
    make_metrics(c);
    if (rc) {
        sg_cache_close(c);
        return rc;
    }
    *out = c;
    return 0;
}

void sg_cache_close(struct sg_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        shard_fini(&c->parts[i].shard);
        pthread_mutex_destroy(&c->parts[i].lock);
    }
    flights_fini(&c->flights);
    cache_redis_close(c->redis);
    free(c);
}

/* After all was forgotten a value is what was last known. */
static enum sg_cache_found judge(const struct sg_cache *c, const struct sg_cache_kind *kind,
                                 const struct shard_entry *x, int64_t now_us)
{
    int64_t age_us = now_us - x->stored_us;
    int64_t fresh_us = (x->exists ? kind->ttl_s : kind->negative_s) * 1000000;
    if (c->blind && fresh_us > blind_us)
        fresh_us = blind_us;
    if (age_us < fresh_us && x->lease >= c->all_forgotten)
        return x->exists ? SG_CACHE_FRESH : SG_CACHE_NOTHING;
    return x->exists && age_us < (kind->ttl_s + kind->stale_s) * 1000000 ? SG_CACHE_STALE
                                                                         : SG_CACHE_MISS;
}

enum sg_cache_found sg_cache_get(struct sg_cache *c, const struct sg_cache_kind *kind,
                                 struct sg_str key, struct sg_buf *out)
{
    enum sg_cache_found found = SG_CACHE_MISS;
    uint64_t hash = sg_cache_hash(key);
    struct cache_part *p = part_of(c, hash);
    int64_t now_us = sg_now_us();
    pthread_mutex_lock(&p->lock);
    struct shard_entry *x = key.n <= SG_CACHE_KEY_MAX ? shard_find(&p->shard, hash, key) : NULL;
    if (x)
        found = judge(c, kind, x, now_us);
    if (found == SG_CACHE_FRESH || found == SG_CACHE_STALE)
        sg_buf_str_put(out, shard_value(x));
    pthread_mutex_unlock(&p->lock);
    if (sg_buf_failed(out))
        found = SG_CACHE_MISS;
    sg_metric_add(c->gets[found], kind->name, 1);
    return found;
}

uint64_t sg_cache_lease(const struct sg_cache *c)
{
    return c->forgets;
}

bool sg_cache_forgotten_since(const struct sg_cache *c, uint64_t hash, uint64_t lease)
{
    return c->forgotten[stripe_of(hash)] > lease;
}

static size_t bytes_of(const struct cache_part *p)
{
    return p->shard.small.bytes + p->shard.main.bytes;
}

static size_t entries_of(const struct cache_part *p)
{
    return p->shard.small.n + p->shard.main.n;
}

static void tell_size(struct sg_cache *c, const struct cache_part *p, size_t bytes, size_t entries)
{
    sg_metric_add(c->bytes, "", (double)bytes_of(p) - (double)bytes);
    sg_metric_add(c->entries, "", (double)entries_of(p) - (double)entries);
}

void sg_cache_put(struct sg_cache *c, const struct sg_cache_kind *kind, struct sg_str key,
                  uint64_t lease, struct sg_str value)
{
    uint64_t hash = sg_cache_hash(key), evicted = 0;
    struct cache_part *p = part_of(c, hash);
    if (key.n > SG_CACHE_KEY_MAX || value.n > UINT32_MAX || (!value.p && !kind->negative_s))
        return;
    pthread_mutex_lock(&p->lock);
    size_t bytes = bytes_of(p), entries = entries_of(p);
    bool good = lease >= c->all_forgotten && !sg_cache_forgotten_since(c, hash, lease);
    struct shard_entry *x = good ? shard_put(&p->shard, hash, key, value) : NULL;
    if (x) {
        x->stored_us = sg_now_us();
        x->lease = lease;
    }
    evicted = p->shard.evictions - p->told_evictions;
    p->told_evictions = p->shard.evictions;
    tell_size(c, p, bytes, entries);
    pthread_mutex_unlock(&p->lock);
    if (!good)
        sg_metric_add(c->refused, kind->name, 1);
    if (evicted)
        sg_metric_add(c->evicted, "", (double)evicted);
}

/* Under the part's lock: what was put before is removed, what is put after it refused. */
void cache_forget_here(struct sg_cache *c, struct sg_str key)
{
    uint64_t hash = sg_cache_hash(key);
    struct cache_part *p = part_of(c, hash);
    pthread_mutex_lock(&p->lock);
    c->forgotten[stripe_of(hash)] = ++c->forgets;
    size_t bytes = bytes_of(p), entries = entries_of(p);
    if (key.n <= SG_CACHE_KEY_MAX && shard_remove(&p->shard, hash, key))
        tell_size(c, p, bytes, entries);
    pthread_mutex_unlock(&p->lock);
    flights_detach(&c->flights, hash);
}

/* The second tier first: whoever misses here after it must not find the old value there. */
void sg_cache_forget(struct sg_cache *c, struct sg_str key)
{
    if (c->redis)
        cache_redis_forget(c->redis, key);
    cache_forget_here(c, key);
}

void sg_cache_forgetf(struct sg_cache *c, const char *fmt, ...)
{
    char key[SG_CACHE_KEY_MAX + 1];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(key, sizeof key, fmt, ap);
    va_end(ap);
    if (n > 0 && (size_t)n < sizeof key)
        sg_cache_forget(c, (struct sg_str){key, (size_t)n});
}

void sg_cache_forget_all(struct sg_cache *c)
{
    if (c->redis)
        cache_redis_forget_all(c->redis);
    c->all_forgotten = ++c->forgets;
    flights_detach_all(&c->flights);
}

void sg_cache_set_blind(struct sg_cache *c, bool blind)
{
    c->blind = blind;
}

void sg_cache_will_follow(struct sg_cache *c, uint64_t lsn)
{
    c->needs = lsn;
}

uint64_t sg_cache_needs(const struct sg_cache *c)
{
    return c->needs;
}

void sg_cache_follows(struct sg_cache *c, uint64_t lsn)
{
    c->position = lsn;
}

uint64_t sg_cache_position(const struct sg_cache *c)
{
    return c->position;
}

void sg_cache_state(struct sg_cache *c, struct sg_cache_state *out)
{
    *out = (struct sg_cache_state){0};
    for (size_t i = 0; i < CACHE_SHARDS; i++) {
        struct cache_part *p = &c->parts[i];
        pthread_mutex_lock(&p->lock);
        out->entries += entries_of(p);
        out->bytes += bytes_of(p);
        out->bytes_max += p->shard.bytes_max;
        pthread_mutex_unlock(&p->lock);
    }
}
