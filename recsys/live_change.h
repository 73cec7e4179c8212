/* live_change.h - one change of the tail into trends and people; private to live.c. */
#pragma once
#include "core/change_tail.h"
#include "recsys/people/people.h"
#include "recsys/trends.h"

struct live_play {
    uint64_t song_id;
    int64_t at_us;
    int32_t played_s; /* -1: unknown */
    unsigned region;
};
/* Cells as text; played_s and region may be none. SG_ECORRUPT. */
int live_play_read(struct live_play *out, struct sg_str song_id, struct sg_str at,
                   struct sg_str region, struct sg_str played_s, struct sg_error *e);
/* Skips do not count; what is said to be in the future counts as now: clocks differ. */
int live_play_count(struct sg_trends *t, const struct live_play *p, struct sg_error *e);

/* A change of the transaction xid, in 64 bits. What it does not understand of a person has them
 * read again. */
int live_change_apply(const struct sg_change *c, uint64_t xid, struct sg_trends *trends,
                      struct sg_people *people, struct sg_error *e);
