/* seen.h - which keys were met before, by their 128-bit hash: 32 bytes a key at
 * most. Thread-compatible. */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct sg_seen {
    struct sg_seen_slot {
        uint64_t lo, hi; /* both 0: free */
    } * slots;
    size_t n, cap;
};

/* 1 when key is new (and known from now on), 0 when it was met before, or
 * SG_ENOMEM. */
int sg_seen_add(struct sg_seen *s, struct sg_str key, struct sg_error *e);
void sg_seen_free(struct sg_seen *s);
