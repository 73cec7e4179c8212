/* bench_cache.c - the cache's S3-FIFO beside LRU and FIFO of as many entries, on requests of Zipf
 * frequency with and without scans between them; then what a look-up costs.
 *
 *   bench_cache [--ids N] [--requests N]     default 1000000, 5000000
 *
 * A miss puts the value, as the API does. Scans: one request in five is of an id that comes once.
 */
#include "api/cache/cache.h"
#include "api/cache/shard.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { VALUE = 64 };

static size_t ids = 1000000, requests = 5000000;
static uint64_t state = 88172645463325252u;
static double *cumulated; /* of Zipf's law, s = 0.9 */

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void make_zipf(void)
{
    double sum = 0;
    cumulated = malloc(ids * sizeof *cumulated);
    if (!cumulated)
        abort();
    for (size_t i = 0; i < ids; i++)
        cumulated[i] = sum += pow((double)i + 1, -0.9);
    for (size_t i = 0; i < ids; i++)
        cumulated[i] /= sum;
}

static uint64_t zipf(void)
{
    double u = (double)(next_random() >> 11) * 0x1p-53;
    size_t low = 0, high = ids - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cumulated[middle] < u)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t hash_of(uint64_t id)
{
    uint64_t h = (id + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

/* The trace: ids, those of scans from `ids` up. */
static uint64_t *make_trace(bool scans)
{
    uint64_t *t = calloc(requests, sizeof *t), once = ids;
    if (!t)
        abort();
    for (size_t i = 0; i < requests; i++)
        t[i] = scans && i % 50000 < 10000 ? once++ : zipf();
    return t;
}

/* LRU or FIFO over an array: slots in a list, found by a table of chains. */
struct list_cache {
    size_t cap, n;
    bool lru;
    struct node {
        uint64_t id;
        uint32_t older, newer, next;
    } * v; /* from 1; 0: none */
    uint32_t *table, oldest, newest;
    size_t mask;
};

static void list_init(struct list_cache *c, size_t cap, bool lru)
{
    size_t room = 64;
    while (room < 2 * cap)
        room *= 2;
    *c = (struct list_cache){.cap = cap, .lru = lru, .mask = room - 1};
    c->v = calloc(cap + 1, sizeof *c->v);
    c->table = calloc(room, sizeof *c->table);
    if (!c->v || !c->table)
        abort();
}

static void detach(struct list_cache *c, uint32_t at)
{
    struct node *x = &c->v[at];
    *(x->older ? &c->v[x->older].newer : &c->oldest) = x->newer;
    *(x->newer ? &c->v[x->newer].older : &c->newest) = x->older;
}

static void attach(struct list_cache *c, uint32_t at)
{
    struct node *x = &c->v[at];
    x->older = c->newest;
    x->newer = 0;
    *(c->newest ? &c->v[c->newest].newer : &c->oldest) = at;
    c->newest = at;
}

static uint32_t *chain_of(struct list_cache *c, uint64_t id)
{
    uint32_t *at = &c->table[hash_of(id) & c->mask];
    while (*at && c->v[*at].id != id)
        at = &c->v[*at].next;
    return at;
}

static bool list_ask(struct list_cache *c, uint64_t id)
{
    uint32_t at = *chain_of(c, id);
    if (at) {
        if (c->lru) {
            detach(c, at);
            attach(c, at);
        }
        return true;
    }
    if (c->n < c->cap) {
        at = (uint32_t)++c->n;
    } else {
        at = c->oldest;
        detach(c, at);
        *chain_of(c, c->v[at].id) = c->v[at].next;
    }
    c->v[at].id = id;
    c->v[at].next = 0;
    *chain_of(c, id) = at;
    attach(c, at);
    return false;
}

static double list_rate(const uint64_t *trace, size_t cap, bool lru)
{
    struct list_cache c;
    size_t hits = 0;
    list_init(&c, cap, lru);
    for (size_t i = 0; i < requests; i++)
        hits += list_ask(&c, trace[i]);
    free(c.v);
    free(c.table);
    return 100 * (double)hits / (double)requests;
}

/* *kept: entries at the end. */
static double s3_rate(const uint64_t *trace, size_t bytes, size_t *kept)
{
    static const char value[VALUE];
    struct shard s = {0};
    size_t hits = 0;
    if (shard_init(&s, bytes, NULL))
        abort();
    for (size_t i = 0; i < requests; i++) {
        uint64_t hash = hash_of(trace[i]);
        struct sg_str key = {(const char *)&trace[i], sizeof trace[i]};
        if (shard_find(&s, hash, key))
            hits++;
        else
            shard_put(&s, hash, key, (struct sg_str){value, VALUE});
    }
    *kept = s.small.n + s.main.n;
    shard_fini(&s);
    return 100 * (double)hits / (double)requests;
}

static void compare(bool scans)
{
    static const double shares[] = {0.001, 0.01, 0.1};
    uint64_t *trace = make_trace(scans);
    for (size_t i = 0; i < 3; i++) {
        size_t kept;
        size_t bytes =
            (size_t)((double)ids * shares[i]) * (sizeof(struct shard_entry) + VALUE + 24);
        double s3 = s3_rate(trace, bytes, &kept);
        printf("%-12s %8zu entries: S3-FIFO %5.1f%%  LRU %5.1f%%  FIFO %5.1f%%\n",
               scans ? "Zipf+scans" : "Zipf", kept, s3, list_rate(trace, kept, true),
               list_rate(trace, kept, false));
    }
    free(trace);
}

/* Look-ups. */

static struct sg_cache *cache;
static const struct sg_cache_kind kind = {"bench", 3600, 0, 0};

static void *look(void *arg)
{
    struct sg_buf out = {0};
    char key[32];
    for (size_t i = 0; i < 2000000; i++) {
        int n = snprintf(key, sizeof key, "song:%zu:metadata", i * 7919 % 10000);
        sg_buf_reset(&out);
        if (sg_cache_get(cache, &kind, (struct sg_str){key, (size_t)n}, &out) != SG_CACHE_FRESH)
            abort();
    }
    sg_buf_free(&out);
    return arg;
}

static void time_lookups(void)
{
    static const char value[600];
    struct sg_config config;
    sg_config_defaults(&config);
    if (sg_cache_open(&cache, &config, NULL))
        abort();
    for (size_t i = 0; i < 10000; i++) {
        char key[32];
        int n = snprintf(key, sizeof key, "song:%zu:metadata", i);
        sg_cache_put(cache, &kind, (struct sg_str){key, (size_t)n}, sg_cache_lease(cache),
                     (struct sg_str){value, sizeof value});
    }
    for (int threads = 1; threads <= 2; threads++) {
        pthread_t t[2];
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        for (int i = 0; i < threads; i++)
            pthread_create(&t[i], NULL, look, NULL);
        for (int i = 0; i < threads; i++)
            pthread_join(t[i], NULL);
        clock_gettime(CLOCK_MONOTONIC, &b);
        double s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
        printf("%d thread%s: %.1f million look-ups of 600 bytes a second\n", threads,
               threads > 1 ? "s" : "", 2.0 * threads / s);
    }
    sg_cache_close(cache);
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--ids"))
            ids = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--requests"))
            requests = strtoull(argv[i + 1], NULL, 10);
    }
    if (ids < 1000 || requests < 1000)
        return 2;
    make_zipf();
    compare(false);
    compare(true);
    time_lookups();
    free(cumulated);
    return 0;
}
