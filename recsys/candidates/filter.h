/* filter.h - what may never be in an answer, whichever way it came: heard within the last
 * recsys.heard_days, disliked, not of interest, by a hidden artist (lead or not), explicit for
 * who wants none, not to be had in the market, not released yet (by UTC), in the queue, or already
 * in the radio.
 */
#pragma once
#include "recsys/occasion.h"

struct sg_filter {
    const struct sg_occasion *o;
    uint32_t *barred; /* a set of rows, SG_NO_SONG: free */
    size_t cap, n;    /* cap: a power of two */
};
/* In the occasion's arena. */
int sg_filter_open(struct sg_filter *f, const struct sg_occasion *o, struct sg_error *e);
bool sg_filter_allows(const struct sg_filter *f, uint32_t song);
/* From now on not allowed; at most as often as sg_filter_open left room for: SG_FILTER_MORE. */
#define SG_FILTER_MORE 1024
void sg_filter_bar(struct sg_filter *f, uint32_t song);
