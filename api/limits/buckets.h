/* buckets.h - token buckets for as many who ask as there may be, in bounded memory.
 *
 * A bucket is one number, the time at which it is full again (GCRA, the virtual scheduling
 * form of ITU-T I.371): one unit costs `unit_us` of it, and it may lie at most `full_us`
 * ahead. A bucket that is full is none, so old ones vanish by themselves. They lie in
 * sets of eight; a ninth takes the place of the one that is full soonest. Takes and keeps
 * are O(1). Thread-safe.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sg_buckets;
/* sets: a power of two; 8 * 24 bytes each. NULL: no memory. */
struct sg_buckets *sg_buckets_new(size_t sets);
void sg_buckets_free(struct sg_buckets *b);

struct sg_bucket_rate {
    int64_t unit_us; /* for one unit to come back; > 0 */
    int64_t full_us; /* for all: unit_us times as many as there are */
};
/* Takes cost units. >= 0: taken, and so long until it is full again. < 0: not taken, for that
 * long (a cost of more than there are waits until it is full). */
int64_t sg_buckets_take(struct sg_buckets *b, uint64_t key, struct sg_bucket_rate rate,
                        int64_t cost, int64_t now_us);

/* For who keeps them with others. Calls fn with each key of which something was taken since
 * the last time, and how many us of it; returns how many. */
size_t sg_buckets_taken(struct sg_buckets *b, size_t max,
                        void (*fn)(void *ctx, uint64_t key, int64_t taken_us), void *ctx);
/* Others took of it, too: it is full in ahead_us at the earliest, beside what was taken here
 * since it was told. */
void sg_buckets_learn(struct sg_buckets *b, uint64_t key, int64_t ahead_us, int64_t now_us);
