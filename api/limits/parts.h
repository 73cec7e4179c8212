/* parts.h - the inside of api/limits; private to it. */
#pragma once
#include "api/limits/buckets.h"
#include "api/limits/limits.h"
#include "core/metrics.h"
#include "core/pause.h"

enum limit_class {
    LIMIT_SEARCH,
    LIMIT_COMPLETE,
    LIMIT_READ,
    LIMIT_WRITE,
    LIMIT_AUTH,
    LIMIT_CLASSES
};
enum limit_tier { TIER_FREE, TIER_PREMIUM, TIER_KEY, TIERS };

struct redis_link;
struct sg_limits {
    struct sg_buckets *buckets;
    struct {
        int64_t units;
        struct sg_bucket_rate rate;
        char policy[64]; /* RateLimit-Policy's value */
    } of[LIMIT_CLASSES][TIERS];
    struct sg_metric *refused, *shared;
    struct redis_link *redis; /* NULL: in this process only */
    pthread_t sharer;
    struct sg_pause pause;
};

/* share.c: the thread that tells Redis. */
void *limits_share(void *limits);
