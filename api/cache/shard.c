/* shard.c - see shard.h. */
#include "api/cache/shard.h"
#include <stdlib.h>

enum {
    SMALL_TENTHS = 1, /* of the bytes, for what is new */
    SEEN_MAX = 3,
    PROMOTED = 2,      /* seen so often while it was new */
    TYPICAL = 512,     /* bytes of an entry, to size the tables */
    LARGEST_SHARE = 8, /* one entry may have an eighth of the shard */
    OVERHEAD = 16,     /* of malloc */
};

static size_t power_of_two(size_t at_least)
{
    size_t n = 64;
    while (n < at_least)
        n *= 2;
    return n;
}

int shard_init(struct shard *s, size_t bytes_max, struct sg_error *e)
{
    size_t n = power_of_two(bytes_max / TYPICAL);
    *s = (struct shard){.n_buckets = n, .n_ghosts = n, .bytes_max = bytes_max};
    s->buckets = calloc(n, sizeof *s->buckets);
    s->ghosts = calloc(n, sizeof *s->ghosts);
    if (s->buckets && s->ghosts)
        return 0;
    shard_fini(s);
    return sg_fail(e, SG_ENOMEM, "cache");
}

static void free_queue(struct shard_queue *q)
{
    for (struct shard_entry *x = q->oldest, *newer; x; x = newer) {
        newer = x->newer;
        free(x);
    }
}

void shard_fini(struct shard *s)
{
    free_queue(&s->small);
    free_queue(&s->main);
    free(s->buckets);
    free(s->ghosts);
    *s = (struct shard){0};
}

static size_t size_of(const struct shard_entry *x)
{
    return sizeof *x + x->key_n + x->value_n + OVERHEAD;
}

/* Queues. */

static void push(struct shard_queue *q, struct shard_entry *x)
{
    x->newer = NULL;
    x->older = q->newest;
    if (q->newest)
        q->newest->newer = x;
    else
        q->oldest = x;
    q->newest = x;
    q->bytes += size_of(x);
    q->n++;
}

static void take_out(struct shard_queue *q, struct shard_entry *x)
{
    if (x->older)
        x->older->newer = x->newer;
    else
        q->oldest = x->newer;
    if (x->newer)
        x->newer->older = x->older;
    else
        q->newest = x->older;
    q->bytes -= size_of(x);
    q->n--;
}

static struct shard_queue *queue_of(struct shard *s, const struct shard_entry *x)
{
    return x->in_main ? &s->main : &s->small;
}

/* Table. */

static struct shard_entry **place_of(struct shard *s, uint64_t hash, struct sg_str key)
{
    struct shard_entry **at = &s->buckets[hash & (s->n_buckets - 1)];
    while (*at && ((*at)->hash != hash || (*at)->key_n != key.n ||
                   memcmp((*at)->bytes, key.p, key.n) != 0))
        at = &(*at)->next_same;
    return at;
}

static void drop(struct shard *s, struct shard_entry *x)
{
    struct shard_entry **at = place_of(s, x->hash, (struct sg_str){x->bytes, x->key_n});
    *at = x->next_same;
    take_out(queue_of(s, x), x);
    free(x);
}

/* Ghosts: as many are remembered as the main queue has entries. */

static void remember_ghost(struct shard *s, uint64_t hash)
{
    if (++s->ghost_count == 0)
        s->ghost_count = 1;
    s->ghosts[(hash >> 8) & (s->n_ghosts - 1)] =
        (struct shard_ghost){(uint32_t)(hash >> 32), s->ghost_count};
}

static bool take_ghost(struct shard *s, uint64_t hash)
{
    struct shard_ghost *g = &s->ghosts[(hash >> 8) & (s->n_ghosts - 1)];
    bool found = g->at && g->mark == (uint32_t)(hash >> 32) &&
                 s->ghost_count - g->at < s->main.n + s->small.n;
    if (found)
        g->at = 0;
    return found;
}

/* Eviction. */

static void evict_main(struct shard *s)
{
    while (s->main.oldest && s->main.oldest->seen) {
        struct shard_entry *x = s->main.oldest;
        x->seen--;
        take_out(&s->main, x);
        push(&s->main, x);
    }
    if (s->main.oldest) {
        drop(s, s->main.oldest);
        s->evictions++;
    }
}

/* Promotes what was seen, until one goes. */
static bool evict_small(struct shard *s)
{
    for (struct shard_entry *x; (x = s->small.oldest);) {
        if (x->seen < PROMOTED) {
            remember_ghost(s, x->hash);
            drop(s, x);
            s->evictions++;
            return true;
        }
        take_out(&s->small, x);
        x->in_main = true;
        x->seen = 0;
        push(&s->main, x);
    }
    return false;
}

static void make_room(struct shard *s, size_t bytes)
{
    while (s->small.n + s->main.n && s->small.bytes + s->main.bytes + bytes > s->bytes_max) {
        bool small = s->small.bytes * 10 >= s->bytes_max * SMALL_TENTHS || !s->main.n;
        if (!small || !evict_small(s))
            evict_main(s);
    }
}

/* Verbs. */

struct shard_entry *shard_find(struct shard *s, uint64_t hash, struct sg_str key)
{
    struct shard_entry *x = *place_of(s, hash, key);
    if (x && x->seen < SEEN_MAX)
        x->seen++;
    return x;
}

bool shard_remove(struct shard *s, uint64_t hash, struct sg_str key)
{
    struct shard_entry *x = *place_of(s, hash, key);
    if (x)
        drop(s, x);
    return x != NULL;
}

static struct shard_entry *make(uint64_t hash, struct sg_str key, struct sg_str value)
{
    struct shard_entry *x = malloc(sizeof *x + key.n + value.n);
    if (!x)
        return NULL;
    *x = (struct shard_entry){.hash = hash,
                              .exists = value.p != NULL,
                              .key_n = (uint16_t)key.n,
                              .value_n = (uint32_t)value.n};
    if (key.p)
        memcpy(x->bytes, key.p, key.n);
    if (value.p)
        memcpy(x->bytes + key.n, value.p, value.n);
    return x;
}

struct shard_entry *shard_put(struct shard *s, uint64_t hash, struct sg_str key,
                              struct sg_str value)
{
    struct shard_entry *old = *place_of(s, hash, key);
    bool in_main = old && old->in_main;
    uint8_t seen = old ? old->seen : 0;
    if (old)
        drop(s, old);
    size_t bytes = sizeof *old + key.n + value.n + OVERHEAD;
    if (bytes > s->bytes_max / LARGEST_SHARE)
        return NULL;
    make_room(s, bytes);
    struct shard_entry *x = make(hash, key, value);
    if (!x)
        return NULL;
    x->in_main = in_main || take_ghost(s, hash);
    x->seen = seen;
    push(queue_of(s, x), x);
    struct shard_entry **bucket = &s->buckets[hash & (s->n_buckets - 1)];
    x->next_same = *bucket;
    *bucket = x;
    return x;
}
