/* buckets.c - see buckets.h. */
#include "api/limits/buckets.h"
#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 8, LOCKS = 64 };

struct bucket {
    uint64_t key;
    int64_t full_at_us; /* in the past: nobody's */
    int64_t taken_us;   /* and not told yet */
};

struct sg_buckets {
    size_t sets, told; /* told: the next set to be asked what was taken */
    struct bucket (*v)[WAYS];
    pthread_mutex_t locks[LOCKS]; /* of the sets that are its number modulo LOCKS */
};

struct sg_buckets *sg_buckets_new(size_t sets)
{
    struct sg_buckets *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->sets = sets;
    b->v = calloc(sets, sizeof *b->v);
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_init(&b->locks[i], NULL);
    if (b->v)
        return b;
    sg_buckets_free(b);
    return NULL;
}

void sg_buckets_free(struct sg_buckets *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_mutex_destroy(&b->locks[i]);
    free(b->v);
    free(b);
}

/* The key's, or the place for it. */
static struct bucket *find(struct bucket *set, uint64_t key)
{
    struct bucket *oldest = set;
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].full_at_us < oldest->full_at_us)
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key};
    return oldest;
}

static int64_t take(struct bucket *b, struct sg_bucket_rate rate, int64_t cost, int64_t now)
{
    int64_t all = rate.unit_us * cost, from = b->full_at_us > now ? b->full_at_us : now;
    int64_t most = now + (all > rate.full_us ? all : rate.full_us);
    if (from + all > most)
        return most - from - all;
    b->full_at_us = from + all;
    b->taken_us += all;
    return b->full_at_us - now;
}

int64_t sg_buckets_take(struct sg_buckets *b, uint64_t key, struct sg_bucket_rate rate,
                        int64_t cost, int64_t now_us)
{
    size_t set = key & (b->sets - 1);
    pthread_mutex_lock(&b->locks[set % LOCKS]);
    int64_t left = take(find(b->v[set], key), rate, cost, now_us);
    pthread_mutex_unlock(&b->locks[set % LOCKS]);
    return left;
}

size_t sg_buckets_taken(struct sg_buckets *b, size_t max,
                        void (*fn)(void *ctx, uint64_t key, int64_t taken_us), void *ctx)
{
    size_t n = 0;
    for (size_t i = 0; i < b->sets && n + WAYS <= max; i++) {
        size_t set = b->told++ & (b->sets - 1);
        pthread_mutex_lock(&b->locks[set % LOCKS]);
        for (size_t k = 0; k < WAYS; k++) {
            struct bucket *one = &b->v[set][k];
            if (!one->taken_us)
                continue;
            fn(ctx, one->key, one->taken_us);
            one->taken_us = 0;
            n++;
        }
        pthread_mutex_unlock(&b->locks[set % LOCKS]);
    }
    return n;
}

void sg_buckets_learn(struct sg_buckets *b, uint64_t key, int64_t ahead_us, int64_t now_us)
{
    size_t set = key & (b->sets - 1);
    pthread_mutex_lock(&b->locks[set % LOCKS]);
    for (size_t k = 0; k < WAYS; k++) {
        struct bucket *one = &b->v[set][k];
        int64_t at = now_us + ahead_us + one->taken_us;
        if (one->key == key && at > one->full_at_us)
            one->full_at_us = at;
    }
    pthread_mutex_unlock(&b->locks[set % LOCKS]);
}
